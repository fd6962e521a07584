// The terminal is given back whatever happens: this file's half in Swift, guard.h the half in C.
//
// The only file that calls `cairn_guard_*`: their state exists once for each file that does. For the
// same reason nothing in here may be inlined into another module, as release builds would.
import CNcurses

/// The handlers of fatal and job-control signals while a screen is open.
///
/// Not thread-safe: the thread that opens the screen calls all of it.
enum TerminalGuard {
    /// Remembers the modes of the terminal; false when the standard streams are none.
    @inline(never) static func remember() -> Bool { cairn_guard_remember() }

    /// Installs the handlers; curses must not be open yet.
    @inline(never) static func install() { cairn_guard_install() }

    /// From here on a death restores the terminal; curses must be open.
    @inline(never) static func arm() { cairn_guard_arm() }

    /// Keeps what is written to standard error until the terminal is given back.
    @inline(never) static func divertErrors() { cairn_guard_divert_errors() }

    /// Forgets what was written to standard error long ago.
    @inline(never) static func trimErrors() { cairn_guard_trim_errors() }

    /// Leaves the terminal to curses, which closes it itself.
    @inline(never) static func disarm() { cairn_guard_disarm() }

    /// Says what was kept of standard error and puts back the handlers that were there before.
    @inline(never) static func remove() { cairn_guard_remove() }

    /// True once after someone sent the process a SIGTSTP.
    @inline(never) static func wantsStop() -> Bool { cairn_guard_wants_stop() }

    /// True once after the process was stopped and went on.
    @inline(never) static func hasContinued() -> Bool { cairn_guard_has_continued() }

    /// Stops the process (or all of its job) and returns when it goes on.
    @inline(never) static func stop(wholeJob: Bool) { cairn_guard_stop(wholeJob) }
}
