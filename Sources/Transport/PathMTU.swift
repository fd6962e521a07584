import CairnBasics

/// The largest datagram that the path takes: datagram packetisation layer path MTU discovery
/// (RFC 8899), from 1,200 bytes upwards.
///
/// A probe is a packet of the next size, a ping and padding, whose loss costs nobody anything; three
/// lost ones end the search for ten minutes. Six packets larger than 1,200 lost in a row, with none
/// that arrived, mean a path that has grown narrower without a word: then 1,200 again, and a new
/// search below what failed. Probes go only while messages wait that would profit.
struct PathMTU {
    /// Works on every path that carries IPv6 (RFC 8200).
    static let base = DatagramBatch.datagramBytes
    /// What paths are known to take, less IPv6 and UDP headers where it matters: tunnels, PPPoE,
    /// jumbo frames, and what only a loopback has.
    static let sizes = [1_280, 1_452, 4_096, 8_952, 16_384, 32_768, 65_000]
    /// MAX_PROBES and PMTU_RAISE_TIMER of section 5.1.
    private static let tries = 3
    private static let raiseInterval = TimeSpan.seconds(600)
    private static let blackHole = 6
    /// How long a path that grew narrower is left alone.
    private static let pause = TimeSpan.seconds(1)
    /// Message bytes below which a larger datagram is worth no probe.
    static let worthwhile = 16 * 1_024

    /// The largest that is known to arrive.
    private(set) var bytes = base
    /// The largest that both ends take.
    let ceiling: Int
    /// The smallest that is known not to arrive, and until when that is believed.
    private var failed = Int.max
    private var failedUntil = Instant.longAgo
    private var triesLeft = tries
    private var isProbing = false
    private var nextProbe = Instant.longAgo
    /// Packets larger than the base that were lost since one arrived.
    private var lostInRow = 0

    init(ceiling: Int) { self.ceiling = max(ceiling, Self.base) }

    /// The size to probe now; nil when there is nothing to find out, or not yet.
    func probe(now: Instant) -> Int? {
        guard !isProbing, nextProbe <= now, bytes < ceiling else { return nil }
        let size = min(Self.sizes.first { $0 > bytes } ?? ceiling, ceiling)
        return size < failed || failedUntil <= now ? size : nil
    }

    mutating func probeSent() { isProbing = true }

    /// A probe arrived.
    mutating func confirmed(_ size: Int) {
        isProbing = false
        lostInRow = 0
        triesLeft = Self.tries
        bytes = min(max(bytes, size), ceiling)
    }

    /// A probe was lost.
    mutating func probeLost(_ size: Int, now: Instant) {
        isProbing = false
        triesLeft &-= 1
        guard triesLeft == 0 else { return }
        triesLeft = Self.tries
        failed = size
        failedUntil = now + Self.raiseInterval
    }

    /// Another packet arrived.
    mutating func arrived(_ size: Int) { if size > Self.base { lostInRow = 0 } }

    /// Another packet was lost.
    mutating func lost(_ size: Int, now: Instant) {
        guard size > Self.base, bytes > Self.base else { return }
        lostInRow &+= 1
        guard lostInRow >= Self.blackHole else { return }
        failed = bytes
        failedUntil = now + Self.raiseInterval
        bytes = Self.base
        lostInRow = 0
        triesLeft = Self.tries
        nextProbe = now + Self.pause
    }
}
