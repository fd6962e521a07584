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
    /// Nil until the world is known.
    var census: PageCensus?

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
        census = PageCensus(description)
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

/// How many states of entities each page brings at a tick. All bots are told of the same pages in the same
/// bytes, so the first block of a page and tick that comes to any light bot is decoded, by one replica
/// for all of them, and the others are counted as it was.
///
/// Costs one look into a flat array a block, and a decoding for each page and tick.
struct PageCensus {
    /// A crowd's pages; what blocks of pages beyond bring is not counted.
    private static let pageLimit = 1 << 16

    private struct Entry {
        var tick: UInt32 = 0
        var states: UInt32 = 0
    }

    private var replica: Replica
    private var newest: Tick?
    private var entries: [Entry] = []

    init(_ description: WorldDescription) {
        replica = Replica(
            cellMetres: description.cellMetres, tickHertz: description.tickHertz)
    }

    /// How many states a block of motion brings; 0 for every other frame.
    /// - Throws: when the block is malformed.
    mutating func states(
        _ type: FrameType, _ body: RawSpan, tick: Tick
    ) throws(CodecError) -> UInt64 {
        guard type == .keyframeBlock || type == .changeBlock else { return 0 }
        var reader = ByteReader(body)
        let page = try PageID(decoding: &reader).index
        guard page < Self.pageLimit else { return 0 }
        while entries.count <= page {
            entries.append(contentsOf: repeatElement(Entry(), count: 256))
        }
        if entries[page].tick != tick.number || entries[page].states == 0 {
            let states = try decode(type, body, tick: tick)
            // Nothing new: the page's newest state is known already, or its keyframe has not come.
            if states > 0 { entries[page] = Entry(tick: tick.number, states: states) }
        }
        return UInt64(entries[page].states)
    }

    private mutating func decode(
        _ type: FrameType, _ body: RawSpan, tick: Tick
    ) throws(CodecError) -> UInt32 {
        if newest.map({ tick.isNewer(than: $0) }) ?? true {
            newest = tick
            _ = replica.open(tick: tick)
        }
        let before = replica.counts.memberStates
        try replica.receive(type, body, tick: tick)
        while replica.pollEvent() != nil {}
        return UInt32(truncatingIfNeeded: replica.counts.memberStates &- before)
    }
}
