import CairnBasics

/// How much later than a newer packet one may arrive before it counts as lost.
///
/// RFC 9002, section 6.1, to begin with: three packets, or an eighth of a round trip. A link that
/// reorders makes those rules call packets lost that are only late. Each that arrives after all shows
/// by how much, and as in RACK (RFC 8985, section 6.2) counting packets ends, the time to wait grows to
/// what was seen, and both are taken back after 16 rounds of losses none of which was a mistake. RACK
/// stops at one round trip more; here it is two, since round trips are measured by what overtakes,
/// and are half of what is common where much is overtaken.
struct ReorderingTolerance {
    /// Packets that must arrive after one before it counts as lost (RFC 9002, section 6.1.1).
    private static let packets: UInt64 = 3
    private static let granularity = TimeSpan.milliseconds(1)
    private static let calmRounds = 16

    /// True once a packet that was taken for lost arrived.
    private(set) var isReordering = false
    private var extra = TimeSpan.zero
    /// Rounds with losses since the last mistake; a round ends with a packet sent after it began.
    private var roundsSince = 0
    private var roundEnd: UInt64 = 0

    func isOvertaken(by distance: UInt64) -> Bool { !isReordering && distance >= Self.packets }

    /// How much older than an acknowledged packet one may be that was not.
    func wait(_ roundTrip: RoundTripEstimate) -> TimeSpan {
        let longest = max(roundTrip.smoothed, roundTrip.latest)
        return max(longest + max(longest / 8, min(extra, roundTrip.smoothed * 2)), Self.granularity)
    }

    /// A packet was taken for lost; `next` is the number that the next one sent will have.
    mutating func noteLoss(_ number: UInt64, next: UInt64) {
        guard number >= roundEnd else { return }
        roundEnd = next
        roundsSince &+= 1
        if roundsSince >= Self.calmRounds { self = ReorderingTolerance(roundEnd: next) }
    }

    /// A packet that was taken for lost arrived `age` after it was sent.
    mutating func noteMistake(age: TimeSpan, _ roundTrip: RoundTripEstimate) {
        isReordering = true
        roundsSince = 0
        let longest = max(roundTrip.smoothed, roundTrip.latest)
        extra = min(max(extra, age - longest), roundTrip.smoothed * 2)
    }

    init() {}

    private init(roundEnd: UInt64) { self.roundEnd = roundEnd }
}
