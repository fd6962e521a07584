// What the hellos say beyond their fixed parts: entries of a type and a body, so that a later version
// can ask for more and this one can pass over it. Both ends' blocks are in the session's keys, so
// that nobody between them takes an entry out or puts one in.

public import CairnBasics

/// The extension block of a hello: entries in ascending order of their types, each type once.
///
///     0     length of the entries (UInt16)
///     2     entries: type (UInt16), length (UInt16), body
///
/// A reader is total, takes any type, and looks only into the bodies it knows.
public struct HelloExtensions: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let type: UInt16
        public let body: [UInt8]

        public init(type: UInt16, body: [UInt8]) {
            self.type = type
            self.body = body
        }
    }

    /// The types that this version knows.
    public enum Known {
        /// The largest UDP payload that the sender takes (UInt16), at least 1,200.
        public static let maximumDatagram: UInt16 = 1
        /// What the sender takes in of reliable messages: bytes (UInt32), messages (UInt16).
        public static let messageWindow: UInt16 = 2
    }

    /// The longest entries of a client's hello and of a server's: room for a few dozen, and the
    /// server's answer stays under a third of what came.
    public static let longestOffer = 512
    public static let longestAnswer = 256
    /// What every end takes, asked or not.
    public static let defaultDatagramBytes = 1_200

    /// In ascending order of their types.
    public let entries: [Entry]

    /// - Precondition: the types ascend, and all entries fit a client's hello.
    public init(_ entries: [Entry] = []) {
        precondition(Self.ascend(entries) && Self.byteCount(entries) <= Self.longestOffer)
        self.entries = entries
    }

    /// What an end says of itself: the largest UDP payload that it takes.
    public init(maximumDatagramBytes: Int) {
        precondition(maximumDatagramBytes >= Self.defaultDatagramBytes)
        let size = UInt16(clamping: maximumDatagramBytes)
        self.init([
            Entry(
                type: Known.maximumDatagram,
                body: [UInt8(truncatingIfNeeded: size), UInt8(truncatingIfNeeded: size >> 8)])
        ])
    }

    /// Reads a block.
    /// - Throws: when it is cut off or too long, a type comes twice or out of order, or a known
    ///   body is not what it must be.
    public init(decoding reader: inout ByteReader, atMost limit: Int) throws(CodecError) {
        let count = Int(try reader.get(UInt16.self))
        guard count <= limit else { throw .tooLarge }
        var block = ByteReader(try reader.getBytes(count))
        var entries: [Entry] = []
        while block.remaining > 0 {
            let type = try block.get(UInt16.self)
            if let last = entries.last, last.type >= type { throw .malformed }
            let length = Int(try block.get(UInt16.self))
            entries.append(Entry(type: type, body: try block.getBytes(length).array))
        }
        self.entries = entries
        guard maximumDatagramBytes >= Self.defaultDatagramBytes, messageWindow != nil else {
            throw .malformed
        }
    }

    /// The block's bytes.
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(UInt16(truncatingIfNeeded: Self.byteCount(entries)))
        for entry in entries {
            try writer.put(entry.type)
            try writer.put(UInt16(truncatingIfNeeded: entry.body.count))
            try writer.putBytes(entry.body.rawBytes)
        }
    }

    /// The largest UDP payload that the sender takes; 0 when the body is no such number.
    public var maximumDatagramBytes: Int {
        guard let entry = entries.first(where: { $0.type == Known.maximumDatagram }) else {
            return Self.defaultDatagramBytes
        }
        guard entry.body.count == 2 else { return 0 }
        return Int(entry.body[0]) | Int(entry.body[1]) << 8
    }

    /// What a server may say in answer to an offer: the types that the client knows.
    /// - Precondition: they fit a server's hello.
    func answering(_ offer: HelloExtensions) -> HelloExtensions {
        let answer = HelloExtensions(entries.filter { entry in offer.holds(entry.type) })
        precondition(Self.byteCount(answer.entries) <= Self.longestAnswer)
        return answer
    }

    /// True when every type is one that `offer` has.
    func answers(_ offer: HelloExtensions) -> Bool {
        entries.allSatisfy { offer.holds($0.type) }
    }

    private func holds(_ type: UInt16) -> Bool { entries.contains { $0.type == type } }

    private static func ascend(_ entries: [Entry]) -> Bool {
        zip(entries, entries.dropFirst()).allSatisfy { $0.type < $1.type }
    }

    private static func byteCount(_ entries: [Entry]) -> Int {
        entries.reduce(0) { $0 + 4 + $1.body.count }
    }
}
