// Names and chat end up in terminals, on labels and in prompts. Control characters would let their
// author move somebody's cursor, and bidirectional overrides would let them show one thing and
// mean another (Boucher and Anderson, "Trojan Source", 2021), so neither gets in.

/// One line of text that is safe to show.
public enum PlainText {
    /// True when the text holds no control character, line break or bidirectional override.
    public static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(isPlain)
    }

    /// The text without what is not plain, and of whole characters as far as they fit the limit.
    public static func cleaned(_ text: String, atMostBytes limit: Int) -> String {
        var cleaned = String.UnicodeScalarView()
        cleaned.append(contentsOf: text.unicodeScalars.lazy.filter(isPlain))
        var kept = ""
        var count = 0
        for character in String(cleaned) {
            count += character.utf8.count
            if count > limit { break }
            kept.append(character)
        }
        return kept
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: false
        default: true
        }
    }
}
