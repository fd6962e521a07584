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

    /// Starts fetching what sealing a packet of so many bytes will want.
    public func prefetch(byteCount: Int) { key.prefetch(byteCount: byteCount) }

    /// Goes on with the next phase's key and forgets this one's.
    public mutating func advance() {
        key = key.next()
        ledger?.begin(key: key.identifier)
        phase &+= 1
        packetsUnderKey = 0
    }

    /// Writes the key phase into the first byte, and encrypts everything between the header and the
    /// last 16 bytes, where the tag goes.
    /// - Precondition: as for `seal(_:into:headerBytes:number:)`.
    public mutating func seal(
        _ packet: inout MutableRawSpan, headerBytes: Int, number: UInt64
    ) {
        precondition(headerBytes > 0 && packet.byteCount >= headerBytes + SealLimits.tagBytes)
        let nonce = use(number)
        unsafe packet.withUnsafeMutableBytes { packet in
            unsafe markPhase(&packet[0])
            let end = packet.count &- SealLimits.tagBytes
            let clear = unsafe UnsafeRawBufferPointer(rebasing: packet[headerBytes..<end])
            unsafe key.encrypt(clear, into: packet, headerBytes: headerBytes, nonce: nonce)
        }
    }

    /// Seals a packet where it will be sent from: header and frames are read in one place, and
    /// header, frames and tag written in another, which saves a copy.
    /// - Precondition: `number` was not passed yet and is a packet number, the key has not sealed
    ///   `SealLimits.packetsPerKey` packets, and `sealed` is 16 bytes longer than `packet`.
    public mutating func seal(
        _ packet: RawSpan, into sealed: inout MutableRawSpan, headerBytes: Int, number: UInt64
    ) {
        precondition(headerBytes > 0 && packet.byteCount >= headerBytes)
        precondition(sealed.byteCount == packet.byteCount + SealLimits.tagBytes)
        let nonce = use(number)
        unsafe sealed.withUnsafeMutableBytes { sealed in
            unsafe packet.withUnsafeBytes { packet in
                // Safe: both are at least as long as the header.
                unsafe sealed.baseAddress!.copyMemory(
                    from: packet.baseAddress!, byteCount: headerBytes)
                unsafe markPhase(&sealed[0])
                let clear = unsafe UnsafeRawBufferPointer(rebasing: packet[headerBytes...])
                unsafe key.encrypt(clear, into: sealed, headerBytes: headerBytes, nonce: nonce)
            }
        }
    }

    /// Uses a number up.
    private mutating func use(_ number: UInt64) -> PacketNonce {
        precondition(number >= nextNumber && number <= SealLimits.lastNumber)
        precondition(packetsUnderKey < SealLimits.packetsPerKey)
        nextNumber = number &+ 1  // Safe: at most `lastNumber` + 1.
        packetsUnderKey &+= 1
        let nonce = PacketNonce(number)
        ledger?.note(key: key.identifier, nonce: nonce.number)
        return nonce
    }

    private func markPhase(_ byte: inout UInt8) {
        byte &= ~SealLimits.phaseBit
        if phase & 1 == 1 { byte |= SealLimits.phaseBit }
    }
}
