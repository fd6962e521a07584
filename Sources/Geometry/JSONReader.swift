/// A reader for small JSON texts (RFC 8259) that goes from value to value and builds no tree: as
/// much as GeoPose needs, so that the core needs no Foundation.
///
/// Total: no text can trap it or make it use more than a fixed depth of stack. Strict: what the
/// grammar does not allow (comments, trailing commas, NaN, leading zeros, raw control characters)
/// is refused with the offset of the byte. Reads UTF-8 that is known to be well formed.
struct JSONReader: ~Copyable {
    /// Deeper than any GeoPose; bounds the stack.
    static let maximumDepth = 16

    private let bytes: [UInt8]
    private(set) var offset = 0
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next byte that is not white space, without taking it; 0 at the end.
    mutating func peek() -> UInt8 {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return bytes[offset]
            }
        }
        return 0
    }

    /// Reads an object, handing each member's name to `visit`, which must read the value.
    mutating func readObject(
        _ visit: (String, inout JSONReader) throws(GeoPoseError) -> Void
    ) throws(GeoPoseError) {
        try open("{")
        var isFirst = true
        while peek() != UInt8(ascii: "}") {
            if !isFirst { try take(",") }
            let name = try readString()
            try take(":")
            try visit(name, &self)
            isFirst = false
        }
        close()
    }

    /// Reads a number; one beyond the range of doubles comes out infinite.
    mutating func readNumber() throws(GeoPoseError) -> Double {
        _ = peek()
        let start = offset
        if at("-") { offset += 1 }
        if at("0") { offset += 1 } else { try takeDigits() }
        if at(".") {
            offset += 1
            try takeDigits()
        }
        if at("e") || at("E") {
            offset += 1
            if at("+") || at("-") { offset += 1 }
            try takeDigits()
        }
        guard let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw .notJSON(offset: start)
        }
        return value
    }

    /// Reads any value and forgets it.
    mutating func skipValue() throws(GeoPoseError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try readObject { (_, reader) throws(GeoPoseError) in
                try reader.skipValue()
            }
        case UInt8(ascii: "["): try skipArray()
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "t"): try take(word: "true")
        case UInt8(ascii: "f"): try take(word: "false")
        case UInt8(ascii: "n"): try take(word: "null")
        default: _ = try readNumber()
        }
    }

    /// Checks that nothing but white space is left.
    mutating func finish() throws(GeoPoseError) {
        _ = peek()
        guard offset == bytes.count else { throw .notJSON(offset: offset) }
    }

    private mutating func skipArray() throws(GeoPoseError) {
        try open("[")
        var isFirst = true
        while peek() != UInt8(ascii: "]") {
            if !isFirst { try take(",") }
            try skipValue()
            isFirst = false
        }
        close()
    }

    private mutating func open(_ bracket: Unicode.Scalar) throws(GeoPoseError) {
        try take(bracket)
        guard depth < Self.maximumDepth else { throw .tooDeep(offset: offset) }
        depth += 1
    }

    /// Takes the closing bracket that the caller has seen.
    private mutating func close() {
        offset += 1
        depth -= 1
    }

    private func at(_ character: Unicode.Scalar) -> Bool {
        offset < bytes.count && bytes[offset] == UInt8(ascii: character)
    }

    private mutating func take(_ character: Unicode.Scalar) throws(GeoPoseError) {
        guard peek() == UInt8(ascii: character) else { throw .notJSON(offset: offset) }
        offset += 1
    }

    private mutating func take(word: String) throws(GeoPoseError) {
        for byte in word.utf8 {
            guard offset < bytes.count, bytes[offset] == byte else {
                throw .notJSON(offset: offset)
            }
            offset += 1
        }
    }

    private mutating func takeDigits() throws(GeoPoseError) {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        guard offset > start else { throw .notJSON(offset: offset) }
    }

    private mutating func readString() throws(GeoPoseError) -> String {
        try take("\"")
        var utf8: [UInt8] = []
        while !at("\"") {
            guard offset < bytes.count, bytes[offset] >= 0x20 else {
                throw .notJSON(offset: offset)
            }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\\") {
                utf8.append(contentsOf: String(try readEscape()).utf8)
            } else {
                utf8.append(byte)
            }
        }
        offset += 1
        return String(decoding: utf8, as: UTF8.self)
    }

    /// The character that an escape stands for; its backslash has been taken.
    private mutating func readEscape() throws(GeoPoseError) -> Character {
        guard offset < bytes.count else { throw .notJSON(offset: offset) }
        let plain: [UInt8: Character] = [
            0x22: "\"", 0x5c: "\\", 0x2f: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6e: "\n",
            0x72: "\r", 0x74: "\t",
        ]
        if let character = plain[bytes[offset]] {
            offset += 1
            return character
        }
        let start = offset
        var unit = try readCodeUnit()
        if (0xd800..<0xdc00).contains(unit), at("\\") {
            offset += 1
            let low = try readCodeUnit()
            guard (0xdc00..<0xe000).contains(low) else { throw .notJSON(offset: start) }
            unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
        }
        // A lone half of a surrogate pair is no character.
        guard let scalar = Unicode.Scalar(unit) else { throw .notJSON(offset: start) }
        return Character(scalar)
    }

    private mutating func readCodeUnit() throws(GeoPoseError) -> UInt32 {
        guard at("u") else { throw .notJSON(offset: offset) }
        offset += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard offset < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue
            else { throw .notJSON(offset: offset) }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }
}
