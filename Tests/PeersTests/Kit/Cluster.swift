import CairnBasics
import CairnCRDT

@testable import CairnPeers

/// Nodes in one thread, joined by a bus that does what a seed says.
struct Cluster {
    struct Faults {
        var loss: UInt32 = 0
        var repetition: UInt32 = 0
        var damage: UInt32 = 0
        /// In milliseconds, at most; messages overtake each other.
        var delay: UInt32 = 0
        /// Kinds of messages that never arrive.
        var lostKinds: Set<UInt8> = []

        static let none = Faults(delay: 10)
        static let bad = Faults(loss: 30, repetition: 20, damage: 5, delay: 400)
    }

    struct Letter {
        var due: Instant
        var from: UInt8
        var to: UInt8
        var bytes: [UInt8]
    }

    var nodes: [TestNode]
    var faults: Faults
    /// Ways that nothing passes: sender, receiver.
    var cuts: Set<[UInt8]> = []
    var letters: [Letter] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    var random: SeededRandom

    static let tick = TimeSpan.milliseconds(50)

    init(nodes count: Int, seed: UInt64, faults: Faults = .none) {
        random = SeededRandom(seed: seed)
        self.faults = faults
        let numbers = (1...count).map { UInt8($0) }
        let start = now
        nodes = numbers.map { number in
            TestNode(number, others: numbers.filter { $0 != number }, now: start)
        }
    }

    /// Cuts a node off from all others, both ways.
    mutating func cutOff(_ number: UInt8) {
        for other in nodes where other.number != number {
            cuts.insert([number, other.number])
            cuts.insert([other.number, number])
        }
    }

    mutating func heal() {
        cuts = []
        faults = .none
    }

    mutating func crash(_ index: Int) { nodes[index].crash(now: now) }

    mutating func step() {
        now = now + Self.tick
        letters.sort { $0.due < $1.due }
        let arriving = letters.prefix { $0.due <= now }
        letters.removeFirst(arriving.count)
        for letter in arriving {
            guard let index = nodes.firstIndex(where: { $0.number == letter.to }) else { continue }
            nodes[index].receive(letter.bytes, from: letter.from, now: now)
        }
        for index in nodes.indices {
            nodes[index].tick(now: now)
            while let datagram = nodes[index].group.poll() {
                post(datagram, from: nodes[index].number)
            }
        }
    }

    mutating func run(for span: TimeSpan) {
        let end = now + span
        while now < end { step() }
    }

    /// Runs with edits on every node now and then.
    mutating func live(for span: TimeSpan) {
        let end = now + span
        while now < end {
            for index in nodes.indices where random.below(3) == 0 {
                nodes[index].edit(&random, now: now)
            }
            step()
        }
    }

    private mutating func post(_ datagram: PeerDatagram, from node: UInt8) {
        if cuts.contains([node, datagram.to]) { return }
        if faults.lostKinds.contains(datagram.bytes[1]) { return }
        let copies = random.below(100) < faults.repetition ? 2 : 1
        for _ in 0..<copies where random.below(100) >= faults.loss {
            var bytes = datagram.bytes
            if random.below(100) < faults.damage {
                let place = Int(random.below(UInt32(bytes.count)))
                bytes[place] ^= UInt8(1 << random.below(8))
            }
            let delay = TimeSpan.milliseconds(Int64(random.below(faults.delay + 1)))
            letters.append(
                Letter(due: now + delay, from: node, to: datagram.to, bytes: bytes))
        }
    }

    /// Whether all nodes hold the same state, to the last byte.
    var isAlike: Bool { Set(nodes.map { $0.lattice.digest }).count == 1 }

    /// How long it takes until all nodes hold the same; nil when it takes longer than `limit`.
    mutating func timeToAgree(atMost limit: TimeSpan) -> TimeSpan? {
        let start = now
        while now - start < limit {
            if isAlike { return now - start }
            step()
        }
        return isAlike ? now - start : nil
    }
}
