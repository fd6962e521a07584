// What the viewer's inks look like on this terminal: 256 colours, 8, or none.
//
// Only foregrounds are set, in middle tones, so that the map lies as well on a light terminal as on
// a dark one. Without colours the roles are still told apart by their marks and by weight.
import CNcurses
import CairnViewer

/// Attributes and colour pairs for the styles of a screen.
struct Palette {
    private var attributes: [attr_t]
    private let isColoured: Bool

    /// Sets up the colour pairs; curses must be open.
    init() {
        let colours = cairn_colours()
        isColoured = colours >= 8
        attributes = Ink.allCases.map { colours >= 256 ? 0 : $0.plainAttributes }
        guard isColoured else { return }
        let hasDefault = use_default_colors() == 0
        for ink in Ink.allCases {
            let colour = colours >= 256 ? ink.colour256 : ink.colour8
            // -1 is the terminal's own colour, where it lets us have it.
            init_pair(
                Self.pair(ink), colour < 0 && !hasDefault ? 7 : colour, hasDefault ? -1 : 0)
        }
    }

    /// The attributes and the colour pair for a style.
    func resolve(_ style: Style) -> (attributes: attr_t, pair: Int16) {
        var bits = attributes[Int(style.ink.rawValue)]
        if style.emphasis.contains(.bold) {
            bits |= cairn_bold()
            bits &= ~cairn_dim()
        } else if style.emphasis.contains(.dim) {
            bits |= cairn_dim()
        }
        if style.emphasis.contains(.reverse) { bits |= cairn_reverse() }
        return (bits, isColoured ? Self.pair(style.ink) : 0)
    }

    /// Pair 0 is the terminal's own and cannot be set.
    private static func pair(_ ink: Ink) -> Int16 { Int16(ink.rawValue) + 1 }
}

extension Ink {
    /// The colour of the xterm palette; -1 is the terminal's own.
    fileprivate var colour256: Int16 {
        switch self {
        case .text, .title: -1
        case .muted: 245
        case .faint: 240
        case .good: 71
        case .warning: 172
        case .alarm: 167
        case .own: 214
        case .avatar: 38
        case .device: 141
        case .npc: 170
        case .object: 137
        case .anchor: 107
        case .noGo: 131
        case .water: 67
        case .walkable: 65
        case .interest: 143
        case .trail: 66
        }
    }

    /// The colour of the eight that ANSI has; -1 is the terminal's own.
    fileprivate var colour8: Int16 {
        switch self {
        case .text, .title, .muted, .faint: -1
        case .alarm, .noGo: 1
        case .good, .anchor, .walkable: 2
        case .warning, .own, .interest, .object: 3
        case .water: 4
        case .npc, .device: 5
        case .avatar, .trail: 6
        }
    }

    /// What stands in for the greys that 256 colours have.
    fileprivate var plainAttributes: attr_t {
        switch self {
        case .muted, .faint, .trail: cairn_dim()
        default: 0
        }
    }
}
