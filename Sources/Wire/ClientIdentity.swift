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
}
