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

    /// The type that a datagram's first byte names; a sealed packet's may carry the key phase.
    public init?(firstByte byte: UInt8) {
        switch byte & ~SealLimits.phaseBit {
        case Self.clientPacket.rawValue: self = .clientPacket
        case Self.serverPacket.rawValue: self = .serverPacket
        default: self.init(rawValue: byte)
        }
    }
}

/// The version of everything in this room, negotiated in the hello.
public enum ProtocolVersion {
    /// The versions that this code speaks.
    public static let spoken: ClosedRange<UInt8> = 1...1

    /// The newest version that both ends speak; nil when there is none.
    public static func common(
        lowest theirLowest: UInt8, highest theirHighest: UInt8,
        own: ClosedRange<UInt8> = ProtocolVersion.spoken
    ) -> UInt8? {
        let candidate = min(own.upperBound, theirHighest)
        return candidate >= max(own.lowerBound, theirLowest) ? candidate : nil
    }
}

/// The clear part of a sealed packet; it is the associated data of the seal.
///
/// Client: type, connection id (UInt64), packet number (UInt32). Server: type, packet number
/// (UInt32); a client has one connection, so the server's packets need no id. Numbers have 64 bits;
/// the wire has the low 32 of them, which is enough while an end has not missed 2^31 in a row.
public enum PacketHeader {
    public static let clientBytes = 13
    public static let serverBytes = 5

    /// The number with these low 32 bits that is nearest to `expected`, one more than the largest
    /// that was opened (RFC 9000, appendix A.3).
    public static func number(_ low: UInt32, expected: UInt64) -> UInt64 {
        let span: UInt64 = 1 << 32
        // Safe: the difference modulo 2^32 is brought into -2^31 + 1 ... 2^31 before it is added.
        let ahead = UInt64(low &- UInt32(truncatingIfNeeded: expected))
        if ahead <= span / 2 {
            let number = expected &+ ahead
            return number >= expected ? number : number &- span
        }
        let number = expected &+ ahead &- span
        return number < expected ? number : number &+ span
    }
}
