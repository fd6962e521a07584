// Curses' codes and what they mean here.
import CNcurses
import CairnViewer

/// What a code from the keyboard asks for.
enum KeyMeaning: Equatable {
    case none
    case key(ViewerKey)
    /// Ctrl-Z, which raw mode brings as a character.
    case stop
    /// The picture may be damaged (Ctrl-L), or has another size.
    case redraw

    init(function code: CInt) {
        self =
            switch code {
            case KEY_UP: .key(.up)
            case KEY_DOWN: .key(.down)
            case KEY_LEFT: .key(.left)
            case KEY_RIGHT: .key(.right)
            case KEY_ENTER: .key(.enter)
            case KEY_BTAB: .key(.backTab)
            case KEY_RESIZE: .redraw
            default: .none
            }
    }

    init(character code: UInt32) {
        self =
            switch code {
            case 3: .key(.interrupt)
            case 9: .key(.tab)
            case 10, 13: .key(.enter)
            case 12: .redraw
            case 26: .stop
            case 27: .key(.escape)
            case 0..<32, 127: .none
            default: Unicode.Scalar(code).map { .key(.character($0)) } ?? .none
            }
    }
}
