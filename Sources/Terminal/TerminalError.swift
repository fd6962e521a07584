// Why a screen cannot be opened, in words that say what to do.

/// The errors of opening a screen.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// No description of the terminal, or one of a terminal without a movable cursor.
    case unknownTerminal
    /// A screen is open already; there is one terminal.
    case alreadyOpen

    public var description: String {
        switch self {
        case .notATerminal:
            "standard input and output are not a terminal; run it in one, without pipes"
        case .unknownTerminal:
            "the terminal named by TERM is not known or cannot move its cursor; "
                + "try TERM=xterm-256color, or TERM=vt100"
        case .alreadyOpen:
            "a screen is open already"
        }
    }
}
