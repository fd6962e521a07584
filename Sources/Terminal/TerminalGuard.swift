// The terminal is given back whatever happens: this file's half in Swift, guard.h the half in C.
import CNcurses

/// The handlers of fatal and job-control signals while a screen is open.
///
/// Not thread-safe: the thread that opens the screen calls all of it.
enum TerminalGuard {
    /// Remembers the modes of the terminal; false when the standard streams are none.
    static func remember() -> Bool { cairn_guard_remember() }

    /// Installs the handlers; curses must not be open yet.
    static func install() { cairn_guard_install() }

    /// From here on a death restores the terminal; curses must be open.
    static func arm() { cairn_guard_arm() }

    /// Keeps what is written to standard error until the terminal is given back.
    static func divertErrors() { cairn_guard_divert_errors() }

    /// Forgets what was written to standard error long ago.
    static func trimErrors() { cairn_guard_trim_errors() }

    /// Leaves the terminal to curses, which closes it itself.
    static func disarm() { cairn_guard_disarm() }

    /// Says what was kept of standard error and puts back the handlers that were there before.
    static func remove() { cairn_guard_remove() }

    /// True once after someone sent the process a SIGTSTP.
    static func wantsStop() -> Bool { cairn_guard_wants_stop() }

    /// True once after the process was stopped and went on.
    static func hasContinued() -> Bool { cairn_guard_has_continued() }

    /// Stops the process (or all of its job) and returns when it goes on.
    static func stop(wholeJob: Bool) { cairn_guard_stop(wholeJob) }
}
