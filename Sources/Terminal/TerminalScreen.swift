// The terminal as the viewer's paper: screens go out, keys come in.
//
// A thin shell over ncursesw, which knows the hundreds of terminals and sends only what changed.
// While a screen is open the terminal is raw (no line editing, no signals from keys), on its
// alternate screen, and nothing else may write to standard output; what goes to standard error is
// kept and said afterwards. Closing it, the end of the process, a fatal signal and a trap all give
// the terminal back (guard.h).
//
// Cost of a frame: a comparison a cell, a call into curses a changed cell.
import CNcurses
public import CairnViewer

/// An open terminal. There is one at a time, and one thread uses it.
public final class TerminalScreen {
    /// The characters that this terminal and locale can show.
    public let repertoire: Repertoire
    private let palette: Palette
    /// What curses has been told to show; nil when all of it must be told.
    private var shown: Screen?
    private var isOpen = true

    /// Curses waits this long after ESC for the rest of a key's sequence, in milliseconds.
    private static let escapeDelay: CInt = 25

    /// Takes over the terminal of the standard streams.
    public static func open() throws(TerminalError) -> TerminalScreen {
        try TerminalScreen()
    }

    private init() throws(TerminalError) {
        guard !cairn_is_open() else { throw .alreadyOpen }
        guard TerminalGuard.remember() else { throw .notATerminal }
        repertoire = cairn_locale_is_utf8() ? .unicode : .ascii
        TerminalGuard.install()
        guard cairn_open() else {
            TerminalGuard.remove()
            throw .unknownTerminal
        }
        guard cairn_can_address() else {
            cairn_close()
            TerminalGuard.remove()
            throw .unknownTerminal
        }
        TerminalGuard.arm()
        TerminalGuard.divertErrors()
        cairn_take_keyboard(Self.escapeDelay)
        palette = Palette()
    }

    deinit { close() }

    /// Gives the terminal back; the second time does nothing.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        cairn_close()
        TerminalGuard.remove()
    }

    /// The size of the terminal in cells, as of the last `pollKey`.
    public var size: (columns: Int, rows: Int) {
        isOpen ? (Int(cairn_columns()), Int(cairn_rows())) : (0, 0)
    }

    /// Shows a screen from the top left; what is larger than the terminal is cut off.
    public func draw(_ screen: Screen) {
        guard isOpen else { return }
        let size = size
        let known = shown.flatMap {
            $0.columns == screen.columns && $0.rows == screen.rows ? $0 : nil
        }
        if known == nil { erase() }
        for row in 0..<min(screen.rows, size.rows) {
            for column in 0..<min(screen.columns, size.columns) {
                let cell = screen[column, row]
                if cell.isSecondHalf || cell == known?[column, row] { continue }
                put(
                    cell,
                    isWide: column + 1 < screen.columns && screen[column + 1, row].isSecondHalf,
                    column: column, row: row)
            }
        }
        refresh()
        shown = screen
    }

    private func put(_ cell: Cell, isWide: Bool, column: Int, row: Int) {
        let (attributes, pair) = palette.resolve(cell.style)
        let value = cell.character.value
        // The viewer's widths and libc's can differ by a Unicode version; columns must not.
        let isShown = value >= 0x20 && value < 0x7f || cairn_width(value) == (isWide ? 2 : 1)
        cairn_put(
            CInt(row), CInt(column),
            isShown ? value : DisplayText.replacement.value, attributes, pair)
        if isWide && !isShown { cairn_put(CInt(row), CInt(column) + 1, 0x20, attributes, pair) }
    }
}

extension TerminalScreen {
    /// The next key that was pressed, or nil for none; never waits for one.
    ///
    /// Follows the terminal's size, stops the process for Ctrl-Z or SIGTSTP and takes the terminal
    /// up again when it goes on, so call it often, until it says nil.
    public func pollKey() -> ViewerKey? {
        guard isOpen else { return nil }
        TerminalGuard.trimErrors()
        if TerminalGuard.wantsStop() { stop(wholeJob: false) }
        if TerminalGuard.hasContinued() { takeUpAgain() }
        while true {
            var code: UInt32 = 0
            let kind = unsafe cairn_read_key(&code)
            if kind == 0 { return nil }
            let meaning = kind == 2 ? KeyMeaning(function: CInt(code)) : KeyMeaning(character: code)
            switch meaning {
            case .key(let key): return key
            case .stop: stop(wholeJob: true)
            case .redraw: redraw()
            case .none: continue
            }
        }
    }

    private func stop(wholeJob: Bool) {
        endwin()
        TerminalGuard.disarm()
        TerminalGuard.stop(wholeJob: wholeJob)
        TerminalGuard.arm()
        redraw()
    }

    /// After a stop that no handler saw, the shell may have left any modes and any screen.
    private func takeUpAgain() {
        endwin()
        redraw()
    }

    private func redraw() {
        cairn_return()
        shown = nil
    }
}
