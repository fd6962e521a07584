import CairnBasics
import CairnWire

/// How far the server's clock is ahead of this one, from pings (RFC 5905, sections 8 and 10).
///
/// Of the last eight samples the one with the shortest round trip counts: queues only ever add to a
/// delay, so it is the least wrong, and its error is at most half its round trip.
struct ServerClockEstimate {
    private static let sampleCount = 8
    /// Pings come fast until the filter has something to choose from.
    private static let eagerInterval = TimeSpan.milliseconds(100)
    private static let steadyInterval = TimeSpan.seconds(1)

    private struct Sample {
        var offset = TimeSpan.zero
        var roundTrip = TimeSpan(nanoseconds: .max)
    }

    private var samples = InlineArray<8, Sample>(repeating: Sample())
    private var taken = 0
    /// When the newest ping that was answered left; an older answer, or a second one, is not used.
    private var answeredPing = Int64.min
    private(set) var nextPing: Instant

    init(now: Instant) { nextPing = now }

    /// The server's clock minus this one; nil before the first sample.
    var offset: TimeSpan? {
        guard taken > 0 else { return nil }
        var best = samples[0]
        for index in 1..<Self.sampleCount where samples[index].roundTrip < best.roundTrip {
            best = samples[index]
        }
        return best.offset
    }

    /// A ping leaves.
    mutating func noteSent(now: Instant) {
        nextPing = now + (taken < Self.sampleCount ? Self.eagerInterval : Self.steadyInterval)
    }

    /// A pong came. Several pings may be under way, since a round trip can be longer than the
    /// interval between them.
    mutating func receive(_ pong: Pong, now: Instant) {
        let departed = Int64(bitPattern: pong.echoed)
        guard departed > answeredPing, departed <= now.nanoseconds else { return }
        answeredPing = departed
        let received = Int64(bitPattern: pong.received)
        let answered = Int64(bitPattern: pong.answered)
        // Safe: a server that lies about its clock gets a wrapped number, not a trap.
        let roundTrip = (now.nanoseconds &- departed) &- (answered &- received)
        let outward = received &- departed
        let homeward = answered &- now.nanoseconds
        let offset = (outward >> 1) &+ (homeward >> 1) &+ (outward & homeward & 1)
        samples[taken % Self.sampleCount] = Sample(
            offset: TimeSpan(nanoseconds: offset),
            roundTrip: TimeSpan(nanoseconds: max(0, roundTrip)))
        taken &+= 1
        if taken >= Self.sampleCount * 2 { taken = Self.sampleCount + taken % Self.sampleCount }
    }
}
