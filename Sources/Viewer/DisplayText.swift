// Text from strangers, made fit to be shown.
//
// A name or a line of speech may hold anything. On a terminal a control character is a command, a
// bidirectional mark or letter moves its neighbours, a zero-width character hides, and a character
// whose width we do not know breaks every column after it. So text is kept scalar by scalar:
//  - controls, formats (bidi marks, joiners), default ignorables and combining marks are dropped;
//    line breaks and other white space become one space;
//  - letters of right-to-left scripts and private or unassigned characters become `replacement`,
//    since a terminal that reorders a line would carry our numbers along with a name;
//  - East Asian characters and plain emoji are kept and take two columns;
//  - with an ASCII repertoire all that is not ASCII becomes `replacement`.
// Widths follow Unicode Standard Annex #11. The terminal checks them once more against its libc.

/// The characters that a terminal can show.
public enum Repertoire: Hashable, Sendable {
    case ascii, unicode
}

/// Text of known width without any character that a terminal acts on.
public struct DisplayText: Hashable, Sendable {
    /// What stands for a character that is not shown.
    public static let replacement: Unicode.Scalar = "?"
    /// No more of a text is looked at; nothing on the screen is wider.
    static let maximumScalars = 2_048

    private(set) var scalars: [Unicode.Scalar] = []
    /// How many columns the text takes.
    private(set) var columns = 0
    private let repertoire: Repertoire

    /// Cleans a text.
    /// - Complexity: O(scalars), at most `maximumScalars` of them.
    public init(_ text: String, _ repertoire: Repertoire) {
        self.repertoire = repertoire
        for scalar in text.unicodeScalars.prefix(Self.maximumScalars) {
            guard let kept = Self.displayable(scalar, repertoire) else { continue }
            if kept == " ", scalars.last == " " { continue }
            append(kept)
        }
        if scalars.last == " " { removeLast() }
    }

    var isEmpty: Bool { scalars.isEmpty }

    /// The cleaned text as a string.
    public var string: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// The text itself, or as much of it as leaves room for an ellipsis.
    func truncated(toColumns limit: Int) -> DisplayText {
        guard columns > limit else { return self }
        let ellipsis: [Unicode.Scalar] = repertoire == .unicode ? ["…"] : [".", "."]
        var shorter = self
        while !shorter.isEmpty, shorter.columns > limit - ellipsis.count { shorter.removeLast() }
        if shorter.scalars.last == " " { shorter.removeLast() }
        guard shorter.columns + ellipsis.count <= limit else { return shorter }
        for scalar in ellipsis { shorter.append(scalar) }
        return shorter
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        scalars.append(scalar)
        columns += Self.isWide(scalar) ? 2 : 1
    }

    private mutating func removeLast() {
        guard let scalar = scalars.popLast() else { return }
        columns -= Self.isWide(scalar) ? 2 : 1
    }
}

extension DisplayText {
    /// The scalar to show for one of a text, or nil for none.
    static func displayable(_ scalar: Unicode.Scalar, _ repertoire: Repertoire) -> Unicode.Scalar? {
        if scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7f { return scalar }
        let properties = scalar.properties
        if properties.isWhitespace { return " " }
        if properties.isDefaultIgnorableCodePoint || properties.isEmojiModifier { return nil }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .nonspacingMark, .enclosingMark, .spacingMark:
            return nil
        case .privateUse, .unassigned:
            return replacement
        default:
            if repertoire == .ascii || isRightToLeft(scalar) || isRegionalIndicator(scalar) {
                return replacement
            }
            return scalar
        }
    }

    /// True when the character takes two columns.
    static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x1100 else { return false }
        return isEastAsianWide(scalar) || scalar.properties.isEmojiPresentation
    }

    private static func isEastAsianWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f: true  // Hangul leading consonants.
        case 0x2e80...0x303e, 0x3041...0x3247, 0x3250...0x4dbf: true  // Radicals, kana, symbols.
        case 0x4e00...0xa4cf, 0xa960...0xa97f: true  // Ideographs, Yi, Hangul extended.
        case 0xac00...0xd7a3, 0xf900...0xfaff: true  // Hangul syllables, compatibility.
        case 0xfe10...0xfe19, 0xfe30...0xfe6f: true  // Vertical and small forms.
        case 0xff01...0xff60, 0xffe0...0xffe6: true  // Full-width forms.
        case 0x16fe0...0x18cff, 0x1aff0...0x1b2ff: true  // Tangut, Khitan, kana supplements.
        case 0x1f200...0x1f265, 0x20000...0x3fffd: true  // Squared and further ideographs.
        default: false
        }
    }

    /// The blocks that the Unicode character database gives to right-to-left scripts.
    private static func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0590...0x08ff, 0xfb1d...0xfdff, 0xfe70...0xfeff: true
        case 0x10800...0x10fff, 0x1e800...0x1efff: true
        default: false
        }
    }

    /// Halves of flags: terminals do not agree on how wide one is.
    private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
        (0x1f1e6...0x1f1ff).contains(scalar.value)
    }
}
