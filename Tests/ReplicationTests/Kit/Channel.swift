import CairnBasics
import CairnWire

/// A packet of blocks on its way to a receiver.
struct Packet {
    var number: UInt64
    var tick: Tick
    var frames: [(type: FrameType, body: [UInt8])] = []
}

/// What a channel does to packets.
struct Faults {
    var loss = Ratio.never
    var duplication = Ratio.never
    /// Ticks that a packet is under way: at least, and at most so many more.
    var delay: UInt32 = 0
    var jitter: UInt32 = 0

    static let none = Faults()
    static let harsh = Faults(
        loss: Ratio(1, in: 4), duplication: Ratio(1, in: 10), delay: 1, jitter: 6)
}

/// Carries things for some ticks, and loses, repeats and reorders them.
struct Channel<Content> {
    private var underWay: [(due: UInt32, content: Content)] = []

    mutating func send(
        _ content: Content, now: Tick, _ faults: Faults, _ random: inout SeededRandom
    ) {
        let copies = random.chance(faults.duplication) ? 2 : 1
        for _ in 0..<copies where !random.chance(faults.loss) {
            let due = now.number + faults.delay + random.below(faults.jitter + 1)
            underWay.append((due, content))
        }
    }

    /// What arrives by now, in an order that the delays and chance make.
    mutating func arrivals(now: Tick, _ random: inout SeededRandom) -> [Content] {
        var arrived: [Content] = []
        underWay.removeAll { item in
            guard item.due <= now.number else { return false }
            arrived.append(item.content)
            return true
        }
        if random.chance(Ratio(1, in: 2)) { arrived.reverse() }
        return arrived
    }
}
