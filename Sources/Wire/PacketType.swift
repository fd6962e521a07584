/// The first byte of every datagram.
///
/// The high bit says who sent it: a server never answers a type that a server sends, so two servers
/// that are shown to each other fall silent after one datagram.
public enum PacketType: UInt8, CaseIterable, Sendable {
    case clientHello = 0x01
    case clientPacket = 0x02
    case cookie = 0x81
    case serverHello = 0x82
    case refusal = 0x83
    case serverPacket = 0x84
}

/// The version of everything in this room, negotiated in the hello.
public enum ProtocolVersion {
    public static let lowest: UInt8 = 1
    public static let highest: UInt8 = 1

    /// The newest version that both ends speak; nil when there is none.
    public static func common(lowest theirLowest: UInt8, highest theirHighest: UInt8) -> UInt8? {
        let candidate = min(highest, theirHighest)
        return candidate >= max(lowest, theirLowest) ? candidate : nil
    }
}

/// The clear part of a sealed packet; it is the associated data of the seal.
///
/// Client: type, connection id (UInt64), packet number (UInt32). Server: type, packet number
/// (UInt32); a client has one connection, so the server's packets need no id. Numbers are whole,
/// never shortened, because a connection ends at `SealLimits.packets`, which fits 32 bits.
public enum PacketHeader {
    public static let clientBytes = 13
    public static let serverBytes = 5
}
