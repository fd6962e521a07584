import CairnBasics

/// What a client is to the world; the door decides what each may do.
public enum ClientRole: UInt8, CaseIterable, Sendable {
    case player = 0
    case device = 1
    case spectator = 2
    case `operator` = 3
}

/// Who a token speaks for. The issuer vouches for it; the server believes nobody else.
public struct ClientIdentity: Hashable, Sendable {
    /// The longest name, in bytes of UTF-8.
    public static let maximumNameBytes = 32

    /// The account, the same in every session.
    public var identity: UInt64
    public var role: ClientRole
    /// A bit set whose meaning the world defines.
    public var capabilities: UInt64
    /// What others see; at most `maximumNameBytes` of UTF-8, cut at a character when longer.
    public let name: String

    public init(
        identity: UInt64, role: ClientRole = .player, capabilities: UInt64 = 0, name: String = ""
    ) {
        self.identity = identity
        self.role = role
        self.capabilities = capabilities
        var short = name
        while short.utf8.count > Self.maximumNameBytes { short.removeLast() }
        self.name = short
    }

    /// Identity, role, capabilities, name's length (UInt8), then always `maximumNameBytes` bytes,
    /// so that a sealed token's length tells nothing about a name.
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(identity)
        try writer.put(role.rawValue)
        try writer.put(capabilities)
        var utf8 = Array(name.utf8)
        try writer.put(UInt8(truncatingIfNeeded: utf8.count))
        utf8 += [UInt8](repeating: 0, count: Self.maximumNameBytes - utf8.count)
        try writer.putBytes(utf8.rawBytes)
    }

    init(decoding reader: inout ByteReader) throws(CodecError) {
        let identity = try reader.get(UInt64.self)
        guard let role = ClientRole(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        let capabilities = try reader.get(UInt64.self)
        let count = Int(try reader.get(UInt8.self))
        guard count <= Self.maximumNameBytes else { throw .tooLarge }
        let padded = try reader.getBytes(Self.maximumNameBytes)
        let text = unsafe padded.extracting(0..<count).withUnsafeBytes {
            unsafe String(validating: $0, as: UTF8.self)
        }
        guard let text else { throw .malformed }
        self.init(identity: identity, role: role, capabilities: capabilities, name: text)
    }
}
