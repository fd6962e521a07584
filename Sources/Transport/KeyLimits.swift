public import CairnBasics
public import CairnWire

/// How long one end seals under one key, and where its packet numbers begin.
///
/// The defaults are the protocol's; smaller ones make every test and every simulated run change its
/// keys many times.
public struct KeyLimits: Hashable, Sendable {
    /// Packets after which an end goes on to the next key.
    public var packets: UInt64
    /// Time after which it does.
    public var interval: TimeSpan
    /// Packets at which it gives up, when the peer never showed that the current key arrived.
    public var lastPackets: UInt64
    /// Forgeries at which it does (RFC 9001, section 6.6).
    public var forgeries: UInt64
    /// The first packet number of both directions. The same at both ends, which the protocol has at
    /// 0; tests start just before the numbers on the wire wrap around.
    public var firstNumber: UInt64

    /// Packets kept back, below `lastPackets`, for goodbyes.
    static let farewells: UInt64 = 16

    /// - Parameter lastPackets: by default twice `packets`.
    public init(
        packets: UInt64 = 1 << 22, interval: TimeSpan = .seconds(600), lastPackets: UInt64? = nil,
        forgeries: UInt64 = SealLimits.forgeries, firstNumber: UInt64 = 0
    ) {
        self.packets = packets
        self.interval = interval
        self.lastPackets = lastPackets ?? packets &* 2
        self.forgeries = forgeries
        self.firstNumber = firstNumber
        precondition(packets > 0 && packets &+ Self.farewells < self.lastPackets)
        precondition(self.lastPackets <= SealLimits.packetsPerKey)
        precondition(firstNumber < SealLimits.lastNumber)
    }
}
