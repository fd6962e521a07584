// What a character says goes to everybody's ears and terminals, so it is made harmless here:
// whatever the source, world file or language model, no control character and no endless text.

import CairnWorld

/// The last stop before a text leaves the room.
public enum SpeechFilter {
    /// One line of chat.
    public static let maximumBytes = WorldLimits.sayBytes

    /// The text without control, formatting and private characters, runs of white space as one
    /// space, cut between characters to `maximumBytes` of UTF-8. Nil when nothing is left.
    public static func clean(_ text: String) -> String? {
        var cleaned = ""
        var pendingSpace = false
        // Looks at a multiple of the limit, so that a huge text costs no more than a long one.
        for scalar in text.unicodeScalars.prefix(8 * maximumBytes) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                pendingSpace = !cleaned.isEmpty
            case .format, .privateUse, .surrogate, .unassigned:
                continue
            default:
                if pendingSpace { cleaned.unicodeScalars.append(" ") }
                pendingSpace = false
                cleaned.unicodeScalars.append(scalar)
            }
        }
        let cut = prefix(of: cleaned)
        return cut.isEmpty ? nil : cut
    }

    private static func prefix(of text: String) -> String {
        guard text.utf8.count > maximumBytes else { return text }
        var byteCount = 0
        var end = text.startIndex
        for index in text.indices {
            byteCount += text[index].utf8.count
            guard byteCount <= maximumBytes else { break }
            end = text.index(after: index)
        }
        let cut = text[..<end]
        return String(cut.hasSuffix(" ") ? cut.dropLast() : cut)
    }
}
