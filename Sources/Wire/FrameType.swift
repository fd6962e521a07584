/// What a frame in a sealed packet is about.
///
/// A struct and not an enum, since a receiver must be able to hold a type that it does not know:
/// unknown frames are skipped by their length. Types below 0x10 belong to the transport.
@frozen public struct FrameType: Hashable, Sendable {
    public let rawValue: UInt16

    @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public static let padding = FrameType(0x00)
    public static let acknowledgement = FrameType(0x01)
    public static let orderedMessage = FrameType(0x02)
    public static let ping = FrameType(0x03)
    public static let pong = FrameType(0x04)
    public static let close = FrameType(0x05)
    public static let pathChallenge = FrameType(0x06)
    public static let pathResponse = FrameType(0x07)
    public static let unreliableMessage = FrameType(0x08)
    public static let sequencedMessage = FrameType(0x09)
    public static let unorderedMessage = FrameType(0x0a)

    public static let steering = FrameType(0x10)
    public static let poseClaim = FrameType(0x11)
    public static let tick = FrameType(0x20)
    public static let keyframeBlock = FrameType(0x21)
    public static let changeBlock = FrameType(0x22)
    public static let propertyBlock = FrameType(0x23)
    public static let pageDigest = FrameType(0x24)
    public static let cellLeave = FrameType(0x25)

    /// The largest type on the wire: two bytes of varint.
    public static let highest: UInt64 = 0x3fff

    /// True for what the transport reads itself; the application sees the rest.
    @inlinable public var isTransport: Bool { rawValue < 0x10 }
    /// True when the peer must acknowledge a packet that carries this frame (RFC 9002, section 2).
    @inlinable public var isAckEliciting: Bool {
        self != .padding && self != .acknowledgement && self != .close
    }
}
