/// Protects one direction's packets; the only place that uses a nonce up.
///
/// Noncopyable, since two copies would use the same nonces.
public struct Sealer: ~Copyable, Sendable {
    private var key: TrafficKey
    private let ledger: SealLedger?
    /// How often the key has changed.
    public private(set) var phase: UInt64 = 0
    /// The lowest packet number that was not passed yet.
    public private(set) var nextNumber: UInt64
    /// Packets sealed under the key of this phase.
    public private(set) var packetsUnderKey: UInt64 = 0

    init(_ key: TrafficKey, firstNumber: UInt64, ledger: SealLedger?) {
        self.key = key
        self.ledger = ledger
        nextNumber = firstNumber
        ledger?.begin(key: key.identifier)
    }

    /// A one-way name of the key, the same at both ends.
    public var keyIdentifier: UInt64 { key.identifier }

    /// Goes on with the next phase's key and forgets this one's.
    public mutating func advance() {
        key = key.next()
        ledger?.begin(key: key.identifier)
        phase &+= 1
        packetsUnderKey = 0
    }

    /// Writes the key phase into the first byte, and encrypts everything between the header and the
    /// last 16 bytes, where the tag goes.
    /// - Precondition: `number` was not passed yet and is a packet number, and the key has not
    ///   sealed `SealLimits.packetsPerKey` packets.
    public mutating func seal(
        _ packet: inout MutableRawSpan, headerBytes: Int, number: UInt64
    ) {
        precondition(number >= nextNumber && number <= SealLimits.lastNumber)
        precondition(packetsUnderKey < SealLimits.packetsPerKey)
        precondition(headerBytes > 0 && packet.byteCount >= headerBytes + SealLimits.tagBytes)
        nextNumber = number &+ 1  // Safe: at most `lastNumber` + 1.
        packetsUnderKey &+= 1
        let nonce = PacketNonce(number)
        ledger?.note(key: key.identifier, nonce: nonce.number)
        let isOdd = phase & 1 == 1
        unsafe packet.withUnsafeMutableBytes { packet in
            unsafe packet[0] &= ~SealLimits.phaseBit
            if isOdd { unsafe packet[0] |= SealLimits.phaseBit }
            unsafe key.encrypt(packet, headerBytes: headerBytes, nonce: nonce)
        }
    }
}
