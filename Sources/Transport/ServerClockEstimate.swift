import CairnBasics
import CairnWire

/// How far the server's clock is ahead of this one, from pings (RFC 5905, section 8).
///
/// Queues only ever add to a delay, so the lowest counts: of each stretch of four seconds the lowest
/// delay outward and the lowest homeward, each by itself, since luck in both directions at once is
/// rare. Half their difference is the offset; it is wrong by half of what the path is longer one way
/// than the other, and by luck. How much luck shows in their sum, the round trip: the further it is above
/// the shortest of all stretches, the less a stretch weighs. A line through two minutes of them, by
/// weighted least squares and with the slope held to what clocks do, gives the offset now and the
/// skew.
///
/// Costs 1.3 kB, allocated with the first pong, and some hundred operations per pong.
struct ServerClockEstimate {
    /// Pings come fast until there is something to choose from.
    private static let eagerPings = 300
    private static let eagerInterval = TimeSpan.milliseconds(100)
    private static let steadyInterval = TimeSpan.milliseconds(125)
    private static let stretches = 32
    private static let stretchLength: Int64 = 4_000_000_000
    /// What clocks differ by, as a standard deviation: crystals are sold as 100 ppm at worst.
    private static let usualSkew = 100e-6
    /// What a stretch without any queue is wrong by, in ns.
    private static let leastError = 100_000.0

    /// The lowest delays of one stretch of time.
    private struct Stretch {
        var number = Int64.min
        var outward: Int64 = 0
        var outwardAt: Int64 = 0
        var homeward: Int64 = 0
        var homewardAt: Int64 = 0

        // Safe, here and below: a server that lies about its clock gets wrapped numbers, not a trap.
        var offset: Int64 { (outward >> 1) &- (homeward >> 1) }
        var roundTrip: Double { Double(outward &+ homeward) }
        var at: Int64 { outwardAt / 2 + homewardAt / 2 }
    }

    private var ring: [Stretch] = []
    private var sent = 0
    /// When the newest ping that was answered left; an older answer, or a second one, is not used.
    private var answeredPing = Int64.min
    private(set) var nextPing: Instant
    /// The server's clock minus this one at the newest pong; nil before the first.
    private(set) var offset: TimeSpan?
    /// Seconds that the server's clock gains in one of this one's.
    private(set) var skew = 0.0

    init(now: Instant) { nextPing = now }

    /// A ping leaves.
    mutating func noteSent(now: Instant) {
        nextPing = now + (sent < Self.eagerPings ? Self.eagerInterval : Self.steadyInterval)
        sent = min(sent &+ 1, Self.eagerPings)
    }

    /// A pong came. Several pings may be under way, since a round trip can be longer than the
    /// interval between them.
    mutating func receive(_ pong: Pong, now: Instant) {
        let departed = Int64(bitPattern: pong.echoed)
        guard departed > answeredPing, departed <= now.nanoseconds else { return }
        answeredPing = departed
        note(
            outward: Int64(bitPattern: pong.received) &- departed,
            homeward: now.nanoseconds &- Int64(bitPattern: pong.answered), at: departed)
        fit(now: now.nanoseconds)
    }

    private mutating func note(outward: Int64, homeward: Int64, at: Int64) {
        if ring.isEmpty { ring = [Stretch](repeating: Stretch(), count: Self.stretches) }
        let number = at / Self.stretchLength
        let place = Int(truncatingIfNeeded: number) & (Self.stretches - 1)
        guard ring[place].number == number else {
            ring[place] = Stretch(
                number: number, outward: outward, outwardAt: at, homeward: homeward, homewardAt: at)
            return
        }
        if outward <= ring[place].outward {
            ring[place].outward = outward
            ring[place].outwardAt = at
        }
        if homeward <= ring[place].homeward {
            ring[place].homeward = homeward
            ring[place].homewardAt = at
        }
    }

    /// Draws the line: offset + skew × (time − now), weighed by how little luck is missing.
    private mutating func fit(now: Int64) {
        let newest = now / Self.stretchLength
        let isRecent = { (stretch: Stretch) in
            stretch.number > newest - Int64(Self.stretches) && stretch.number <= newest
        }
        var shortest = Double.infinity
        var (sum, count) = (0.0, 0.0)
        var reference: Int64 = 0
        for stretch in ring where isRecent(stretch) {
            sum += stretch.roundTrip
            count += 1
            if stretch.roundTrip < shortest {
                shortest = stretch.roundTrip
                reference = stretch.offset
            }
        }
        guard shortest < .infinity else { return }
        // The luckiest stretch had luck as well: as much as the others lack, more or less.
        let usual = (sum / count - shortest) / 4
        let leastSquare = Self.leastError * Self.leastError + usual * usual
        var (weights, times, squares, offsets, products) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for stretch in ring where isRecent(stretch) {
            let missing = (stretch.roundTrip - shortest) / 2
            let weight = 1 / (leastSquare + missing * missing)
            let time = Double(stretch.at &- now)
            let offset = Double(stretch.offset &- reference)
            weights += weight
            times += weight * time
            squares += weight * time * time
            offsets += weight * offset
            products += weight * time * offset
        }
        squares += 1 / (Self.usualSkew * Self.usualSkew)
        let slope = (weights * products - times * offsets) / (weights * squares - times * times)
        let height = (offsets - times * slope) / weights
        // A lying server's numbers may be of any size; an offset of a century is nonsense.
        guard abs(slope) < 1, abs(height) < 3e18 else { return }
        skew = slope
        offset = TimeSpan(nanoseconds: reference &+ Int64(height))
    }
}
