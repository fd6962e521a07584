public import CairnBasics

/// Why a connection ended.
public enum CloseCode: UInt16, CaseIterable, Sendable {
    /// The application was done.
    case normal = 0
    /// Nothing genuine was heard for the idle timeout. Never sent.
    case idle = 1
    /// The peer sent sealed bytes that the protocol does not allow.
    case protocolViolation = 2
    /// The peer sent more than its windows and caps allow.
    case overrun = 3
    /// The key has protected as much as it may.
    case keyExhausted = 4
    /// The server is going away.
    case shutdown = 5
    /// The operator or the world removed the client.
    case removed = 6
    /// The server refused the join; see `RefusalReason`.
    case refused = 7
    /// No server answered the hellos in time.
    case unreachable = 8
}

/// Why a connection ended, with words for people.
public struct CloseReason: Error, Hashable, Sendable {
    /// The longest text, in bytes of UTF-8.
    public static let maximumTextBytes = 100

    public let code: CloseCode
    /// At most `maximumTextBytes` of UTF-8; longer text is cut at a character.
    public let text: String

    public init(_ code: CloseCode, _ text: String = "") {
        self.code = code
        var short = text
        while short.utf8.count > Self.maximumTextBytes { short.removeLast() }
        self.text = short
    }

    /// Code (UInt16), then text.
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(code.rawValue)
        try writer.putText(text)
    }

    public init(decoding reader: inout ByteReader) throws(CodecError) {
        guard let code = CloseCode(rawValue: try reader.get(UInt16.self)) else { throw .malformed }
        self.init(code, try reader.getText(atMost: Self.maximumTextBytes))
    }
}

extension CloseReason: CustomStringConvertible {
    public var description: String { text.isEmpty ? "\(code)" : "\(code): \(text)" }
}
