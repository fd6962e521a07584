// How bad a link is, as figures that one can measure on a real one. All of it is off by default, so
// a test says only what it is about. Nothing here has state: `LinkConditioner` has.

public import CairnBasics

/// How bad a link is.
///
/// Rate, bursts and order belong to the link as a whole: give each direction a conditioner of its
/// own where one of them is set.
public struct LinkConditions: Hashable, Sendable {
    /// How many datagrams vanish, each by a chance of its own.
    public var loss: Ratio
    /// Losses that come together, as on radio; besides `loss`.
    public var bursts: LinkBursts?
    /// How many of the others arrive twice.
    public var duplication: Ratio
    /// How long every datagram takes at least.
    public var delay: TimeSpan
    /// How much longer it may take, evenly; datagrams overtake each other within it.
    public var jitter: TimeSpan
    /// Mean of what comes on top with a heavy tail: a Lomax distribution (Pareto II) of shape 2, cut
    /// off at 50 times this. Half of it stays below 0.41 times this, one in 100 is above 9 times,
    /// one in 1,000 above 30 times.
    public var tail: TimeSpan
    /// True where datagrams wait for those before them, as on radio links that repeat by themselves.
    public var keepsOrder: Bool
    /// How many datagrams take a detour of `detour`, so that later ones overtake them, whatever
    /// `keepsOrder` says.
    public var reordering: Ratio
    public var detour: TimeSpan
    /// What the narrowest place lets through.
    public var rate: LinkRate?
    /// Longer datagrams vanish: the path's MTU less 28 bytes (IPv4) or 48 (IPv6).
    public var largestDatagram: Int?

    public init(
        loss: Ratio = .never, bursts: LinkBursts? = nil, duplication: Ratio = .never,
        delay: TimeSpan = .zero, jitter: TimeSpan = .zero, tail: TimeSpan = .zero,
        keepsOrder: Bool = false, reordering: Ratio = .never, detour: TimeSpan = .zero,
        rate: LinkRate? = nil, largestDatagram: Int? = nil
    ) {
        self.loss = loss
        self.bursts = bursts
        self.duplication = duplication
        self.delay = delay
        self.jitter = jitter
        self.tail = tail
        self.keepsOrder = keepsOrder
        self.reordering = reordering
        self.detour = detour
        self.rate = rate
        self.largestDatagram = largestDatagram
    }

    /// Nothing is lost and nothing takes time.
    public static let perfect = LinkConditions()
}

/// Losses that come together: a Gilbert–Elliott chain (Elliott, "Estimates of error rates for codes
/// on burst-noise channels", 1963) that takes a step with each datagram.
///
/// In the good state nothing is lost. Of all datagrams, `enter / (enter + leave)` fall into the bad
/// state, for `1 / leave` datagrams on end.
public struct LinkBursts: Hashable, Sendable {
    /// Chance to go from good to bad, and back.
    public var enter: Ratio
    public var leave: Ratio
    /// How many vanish while it is bad.
    public var loss: Ratio

    public init(enter: Ratio, leave: Ratio, loss: Ratio = Ratio(1, in: 1)) {
        self.enter = enter
        self.leave = leave
        self.loss = loss
    }

    /// Bursts in which everything is lost, from what one measures.
    /// - Parameters:
    ///   - permille: datagrams lost of 1,000 in the long run, 1 to 999.
    ///   - length: mean number of losses on end, at least 1.
    public static func losing(permille: UInt32, inBurstsOf length: UInt32) -> LinkBursts {
        precondition(permille > 0 && permille < 1_000 && length > 0 && length <= 4_000_000)
        // share = enter / (enter + leave) and leave = 1 / length.
        return LinkBursts(
            enter: Ratio(permille, in: (1_000 - permille) * length), leave: Ratio(1, in: length))
    }
}

/// A narrow place with a queue before it that drops what does not fit (drop-tail).
public struct LinkRate: Hashable, Sendable {
    /// UDP and IPv4 headers, which take up the link as well.
    public static let headerBytes = 28

    public var bitsPerSecond: Int64
    /// Bytes that may wait, headers included, the datagram being sent among them.
    public var queueBytes: Int

    public init(bitsPerSecond: Int64, queueBytes: Int) {
        precondition(bitsPerSecond > 0 && bitsPerSecond <= 1_000_000_000_000 && queueBytes > 0)
        self.bitsPerSecond = bitsPerSecond
        self.queueBytes = queueBytes
    }

    /// A queue that is `length` long when it is full.
    public static func megabits(_ megabits: Int64, queue length: TimeSpan) -> LinkRate {
        let bits = megabits * 1_000_000
        return LinkRate(
            bitsPerSecond: bits,
            queueBytes: max(1, Int(bits / 8_000 * (length.nanoseconds / 1_000_000))))
    }

    /// How long so many bytes take.
    func duration(ofBytes count: Int) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(count) * 8_000_000_000 / bitsPerSecond)
    }
}
