// What a game developer chooses for each message: what loss means for it, and what goes first.
//
// The five ways to send cost what they promise. Frames of the application (`appendFrame`) carry state
// that the application renews by itself; messages are the transport's affair.

/// How a message travels, and what its receiver may rely on.
public enum Delivery: Hashable, Sendable {
    /// Once or never, in any order. In one datagram: at most `TransportLimits.datagramMessageBytes`.
    ///
    /// One that cannot leave within `TransportLimits.datagramMessageAge` is dropped at the sender.
    case unreliable
    /// As unreliable, and never after a newer one of its channel: what is out of date is dropped,
    /// also before it leaves. Channels are under `TransportLimits.channels`.
    case sequenced(channel: UInt8)
    /// Exactly once, after all earlier ones of its stream. Streams are under
    /// `TransportLimits.streams`; what is lost holds up its own stream and no other.
    case ordered(stream: UInt8)
    /// Exactly once, as soon as it is whole.
    case unordered
}

/// What goes first when not everything fits.
///
/// Strict between priorities, in turn among those who share one; and whatever has waited while
/// `TransportLimits.packetsPassedOver` packets left without it goes first once, so that nothing
/// starves. Within an ordered stream the order is the stream's: its first message counts.
public enum Priority: UInt8, CaseIterable, Comparable, Sendable {
    case urgent, high, normal, low

    public static func < (one: Priority, other: Priority) -> Bool {
        one.rawValue < other.rawValue
    }
}

/// A message that arrived, and how.
public struct Message: Hashable, Sendable {
    public let delivery: Delivery
    public let bytes: [UInt8]

    public init(delivery: Delivery, bytes: [UInt8]) {
        self.delivery = delivery
        self.bytes = bytes
    }
}
