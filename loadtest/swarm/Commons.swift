// What the members of a crowd share: the world that each of them was told of, which is the same, and
// what they count. Counting into one place makes a second's figures cost nothing to read.

import CairnBasics
import CairnReplication
import CairnRuntime
import CairnWire
import CairnWorld
import Histogram

/// What light bots have counted together.
struct Tally {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    /// Packets that never came, by the gaps in their numbers.
    var missing: Int64 = 0
    /// Ticks of which a bot had at least one packet, over all bots.
    var ticks: UInt64 = 0
    var updates: UInt64 = 0
    var decodeErrors: UInt64 = 0
    var datagramsSent: UInt64 = 0
    var bytesSent: UInt64 = 0
}

final class Commons {
    /// The world, as the first who was welcomed was told.
    private(set) var description: WorldDescription?
    /// Those bytes, so that the others need not read them again.
    private var describedBy: [UInt8] = []
    /// Whether the server's clock is this machine's.
    let isServerHere: Bool
    var tally = Tally()
    /// How old states were when they arrived, in milliseconds since the server made them; empty when
    /// the server is on another machine.
    private var ages = Histogram<UInt64>(numberOfSignificantValueDigits: .two)
    var census = PageCensus()

    init(server: NetworkAddress) { isServerHere = server.isLoopback }

    /// The description in a welcome, read once; nil when it cannot be read.
    func describe(_ bytes: [UInt8]) -> WorldDescription? {
        if bytes == describedBy { return description }
        var reader = ByteReader(bytes.rawBytes)
        guard let read = try? WorldDescription(decoding: &reader), reader.remaining == 0 else {
            return nil
        }
        (description, describedBy) = (read, bytes)
        return read
    }

    /// Notes the world as a member has read it by itself.
    func note(_ description: WorldDescription) {
        if self.description == nil { self.description = description }
    }

    /// The ages noted since the last call.
    func takeAges() -> Histogram<UInt64> {
        defer { ages.reset() }
        return ages
    }

    /// Notes that a state of the server's clock has arrived.
    func noteAge(serverMilliseconds: UInt64, now: Instant) {
        guard isServerHere else { return }
        let age = now.nanoseconds / 1_000_000 &- Int64(truncatingIfNeeded: serverMilliseconds)
        // Beyond a minute it is another clock.
        if 0...60_000 ~= age { ages.record(UInt64(age)) }
    }
}

/// Which slots of each page were taken at its newest keyframes: all bots are told of the same pages,
/// so one of them that reads the heads of blocks knows how many states a block brings to another.
///
/// Costs one look into a flat array a block.
struct PageCensus {
    private static let kept = 12
    /// A crowd's pages; blocks of pages beyond are counted by what they name alone.
    private static let pageLimit = 1 << 16

    private struct Keyframe {
        var tick: UInt32 = 0
        var occupied: UInt32 = 0
    }

    /// The newest keyframes of page p at p × kept and behind, in no order.
    private var keyframes: [Keyframe] = []

    /// How many states of entities a block brings.
    mutating func states(in head: BlockHead, tick: Tick) -> Int {
        let base = head.occupied == 0 ? occupied(head.page, at: head.keyframe.number) : 0
        let after = head.occupied(after: base)
        if head.isKeyframe {
            keep(head.page, head.occupied == 0 ? tick.number : head.keyframe.number, after)
        }
        return after.nonzeroBitCount
    }

    private func occupied(_ page: PageID, at tick: UInt32) -> UInt32 {
        let first = page.index * Self.kept
        guard first < keyframes.count else { return 0 }
        for index in first..<first + Self.kept where keyframes[index].tick == tick {
            return keyframes[index].occupied
        }
        return 0
    }

    private mutating func keep(_ page: PageID, _ tick: UInt32, _ occupied: UInt32) {
        guard page.index < Self.pageLimit else { return }
        let first = page.index * Self.kept
        while keyframes.count < first + Self.kept {
            keyframes.append(
                contentsOf: repeatElement(Keyframe(), count: 64 * Self.kept))
        }
        var oldest = first
        for index in first..<first + Self.kept {
            if keyframes[index].tick == tick {
                keyframes[index].occupied = occupied
                return
            }
            if Tick(keyframes[oldest].tick).isNewer(than: Tick(keyframes[index].tick)) {
                oldest = index
            }
        }
        keyframes[oldest] = Keyframe(tick: tick, occupied: occupied)
    }
}
