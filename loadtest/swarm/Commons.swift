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
    /// What light bots are sent, all of it, so that it knows the keyframes of every page.
    /// Nil until the world is known.
    var census: PageCensus?
    /// The newest tick that any light bot has heard of.
    private(set) var newestTick: Tick?

    init(server: NetworkAddress) { isServerHere = server.isLoopback }

    /// The description in a welcome, read once; nil when it cannot be read.
    func describe(_ bytes: [UInt8]) -> WorldDescription? {
        if bytes == describedBy { return description }
        var reader = ByteReader(bytes.rawBytes)
        guard let read = try? WorldDescription(decoding: &reader), reader.remaining == 0 else {
            return nil
        }
        note(read)
        describedBy = bytes
        return read
    }

    /// Notes the world as a member has read it by itself.
    func note(_ description: WorldDescription) {
        guard self.description == nil else { return }
        self.description = description
        census = PageCensus(tickHertz: description.tickHertz)
    }

    func note(_ tick: Tick) {
        if newestTick.map({ tick.isNewer(than: $0) }) ?? true { newestTick = tick }
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
