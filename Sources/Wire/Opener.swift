/// Opens one direction's packets, and follows the sender from key to key (RFC 9001, section 6).
///
/// It holds the current key, the next one, derived ahead so that a forged phase bit costs one
/// failed open and no derivation, and for a while the previous one, for packets that were
/// overtaken. A sender's numbers go on through its phases, so a number says which key can have
/// sealed it: one beyond all that was opened may begin the next phase, one below the first of this
/// phase may be of the last. Nothing moves but by a packet whose seal holds.
public struct Opener: ~Copyable, Sendable {
    private var current: TrafficKey
    /// How often the sender's key has changed, as far as is known here.
    public private(set) var phase: UInt64 = 0
    /// The lowest number opened under the current key.
    private var firstOfPhase: UInt64
    /// One more than the largest number opened.
    private var end: UInt64
    private var next: TrafficKey
    private var previous: TrafficKey?

    init(_ key: TrafficKey, firstNumber: UInt64) {
        current = key
        next = key.next()
        firstOfPhase = firstNumber
        end = firstNumber
    }

    /// A one-way name of the current key, the same at both ends.
    public var keyIdentifier: UInt64 { current.identifier }
    /// True while overtaken packets of the last phase can still be opened.
    public var holdsPreviousKey: Bool { previous != nil }

    /// Starts fetching what opening a packet of so many bytes will want.
    public func prefetch(byteCount: Int) { current.prefetch(byteCount: byteCount) }

    /// Forgets the key of the last phase.
    public mutating func forgetPreviousKey() { previous = nil }

    /// Decrypts a packet where it stands, and enters the next phase when it is the first packet of
    /// it; nil when the seal does not hold, and then the packet's bytes are worth nothing.
    /// - Parameter mayAdvance: false while the sender cannot know that its current key arrived, so
    ///   that no honest sender can have changed it.
    public mutating func open(
        _ packet: inout MutableRawSpan, headerBytes: Int, number: UInt64, mayAdvance: Bool = true
    ) -> Range<Int>? {
        guard headerBytes > 0, packet.byteCount >= headerBytes &+ SealLimits.tagBytes else {
            return nil
        }
        // Safe: there is at least one byte.
        let first = unsafe packet.bytes.unsafeLoad(as: UInt8.self)
        let isOfThisPhase = (first & SealLimits.phaseBit != 0) == (phase & 1 == 1)
        let range = headerBytes..<packet.byteCount &- SealLimits.tagBytes
        if isOfThisPhase {
            guard Self.open(&packet, current, headerBytes, number) else { return nil }
            firstOfPhase = min(firstOfPhase, number)
        } else if number < firstOfPhase {
            guard let previous, Self.open(&packet, previous, headerBytes, number) else {
                return nil
            }
        } else {
            guard number >= end, mayAdvance, Self.open(&packet, next, headerBytes, number) else {
                return nil
            }
            enterNextPhase(at: number)
        }
        end = max(end, number &+ 1)
        return range
    }

    private mutating func enterNextPhase(at number: UInt64) {
        previous = current
        current = next
        next = current.next()
        phase &+= 1
        firstOfPhase = number
    }

    private static func open(
        _ packet: inout MutableRawSpan, _ key: TrafficKey, _ headerBytes: Int, _ number: UInt64
    ) -> Bool {
        unsafe packet.withUnsafeMutableBytes { packet in
            unsafe key.decrypt(
                packet, headerBytes: headerBytes, nonce: PacketNonce(number))
        }
    }
}
