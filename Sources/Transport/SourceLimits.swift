import CairnBasics
import CairnWire

/// How much of a server's attention each source of datagrams may have before it has proven anything.
///
/// A fixed table of token buckets, one row a source (see `SourceKey`), four rows to a set; nothing is
/// allocated after `init`, and a row costs 32 bytes. A bucket is one instant (the generic cell rate
/// algorithm, ITU-T I.371): when it would be full again; so a row whose instants have passed is worth
/// as much as no row. A source that finds its set full takes the row that is nearest to that: under a
/// flood from spoofed sources rows come and go, and whoever asks seldom is always let in.
struct SourceLimits {
    /// What is limited, each by itself: being flooded with one must not shut out another.
    enum Attention: Int {
        /// First hellos: an answer of 37 bytes to an address that may be somebody else's.
        case hello
        /// Hellos with a good cookie: some microseconds to check the token and the proof.
        case proof
        /// Packets that name a connection from where its peer is not: a microsecond to open.
        case stray
    }

    private struct Row {
        var name: UInt64 = 0
        var fullAt = InlineArray<3, Int64>(repeating: 0)

        var idleAt: Int64 { max(fullAt[0], max(fullAt[1], fullAt[2])) }
    }

    static let sets = 1_024
    static let ways = 4
    /// A second from one source, and as many at once. Every client of a household, a school or a
    /// load test on one machine is one source.
    static let perSecondInPeace: Int64 = 4_000
    /// The same while the server is under load: what a household needs to get in.
    static let perSecondUnderLoad: Int64 = 50
    private static let second: Int64 = 1_000_000_000

    private let key: SourceKey
    private var rows = [Row](repeating: Row(), count: sets * ways)

    init(entropy: inout SeededEntropy) { key = SourceKey(entropy: &entropy) }

    /// Takes one unit from the bucket of whoever sent this; false when it is empty.
    /// - Complexity: O(1), about 30 ns.
    mutating func spend(
        _ attention: Attention, from address: NetworkAddress, underLoad: Bool, now: Instant
    ) -> Bool {
        let row = place(of: key.name(of: address))
        let rate = underLoad ? Self.perSecondUnderLoad : Self.perSecondInPeace
        let time = now.nanoseconds
        // Safe: both are times of this machine's clock, far below the end of Int64.
        let fullAt = max(rows[row].fullAt[attention.rawValue], time) &+ Self.second / rate
        guard fullAt &- time <= Self.second else { return false }
        rows[row].fullAt[attention.rawValue] = fullAt
        return true
    }

    /// The row of a source, taken from the one that is idle soonest if it had none.
    private mutating func place(of name: UInt64) -> Int {
        let first = Int(truncatingIfNeeded: name % UInt64(Self.sets)) * Self.ways
        var victim = first
        for row in first..<first + Self.ways {
            if rows[row].name == name { return row }
            if rows[row].idleAt < rows[victim].idleAt { victim = row }
        }
        rows[victim] = Row(name: name)
        return victim
    }
}

/// Whether more is being sent to a server that comes to nothing than any accident explains.
///
/// Counts in windows of 100 ms what had no business here, and first hellos until their cookie comes
/// back: a crowd that joins is no flood. Enters at 1,000 in a window; leaves after two seconds of
/// windows below 200, so that an attacker cannot make it flicker.
struct LoadWatch {
    private static let window: Int64 = 100_000_000
    private static let enters = 1_000
    private static let leaves = 200
    private static let calmWindows: Int64 = 20

    private(set) var isUnderLoad = false
    private var windowEnd: Int64 = 0
    private var suspicious = 0
    private var calm: Int64 = 0

    /// Something came to nothing, or has yet to come to something.
    /// - Returns: true when that makes it a flood.
    mutating func note(now: Instant) -> Bool {
        advance(now: now)
        suspicious &+= 1
        guard suspicious >= Self.enters else { return false }
        defer { isUnderLoad = true }
        return !isUnderLoad
    }

    /// Something that was noted has come to something.
    mutating func redeem(now: Instant) {
        advance(now: now)
        suspicious = max(0, suspicious &- 1)
    }

    /// Lets time pass.
    mutating func advance(now: Instant) {
        let time = now.nanoseconds
        guard time >= windowEnd else { return }
        let passed = (time &- windowEnd) / Self.window &+ 1
        // Windows in which nothing was noted at all are calm ones.
        let wasCalm = suspicious < Self.leaves
        calm = wasCalm ? calm &+ passed : passed &- 1
        if calm >= Self.calmWindows { isUnderLoad = false }
        suspicious = 0
        windowEnd = time &+ Self.window
    }
}
