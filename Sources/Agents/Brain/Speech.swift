// What a character says goes to everybody's ears and terminals, so it is made harmless here:
// whatever the source, world file or language model, no control character and no endless text.

import CairnWorld

/// The last stop before a text leaves the room.
public enum SpeechFilter {
    /// One line of chat.
    public static let maximumBytes = WorldLimits.sayBytes
    /// How much of a text is looked at, so that a huge one costs no more than a long one.
    static let maximumScalars = 8 * maximumBytes

    /// One line of at most `maximumBytes` of UTF-8, cut between characters: no control, invisible
    /// or private characters, and runs of white space as one space. Nil when nothing is left.
    public static func clean(_ text: String) -> String? {
        var visible = String.UnicodeScalarView()
        visible.append(contentsOf: text.unicodeScalars.prefix(maximumScalars).lazy.filter(isShown))
        let words = String(visible).split(whereSeparator: \.isWhitespace)
        let line = PlainText.cleaned(words.joined(separator: " "), atMostBytes: maximumBytes)
        let trimmed = line.last == " " ? String(line.dropLast()) : line
        return trimmed.isEmpty ? nil : trimmed
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar.properties.isWhitespace
        case .format, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
