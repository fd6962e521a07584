// A network between two endpoints that loses, repeats, delays, holds up and reorders datagrams, from a
// seed: for the simulator, for this room's tests, and for game developers who want to feel 80 ms
// before their players do. It holds datagrams and gives them back when they are due; it has no clock.
//
// A datagram meets, in this order: a partition, the path's MTU, the queue before the narrow place,
// loss, duplication, delay. Chance decides with whole numbers, and with square roots, which IEEE 754
// rounds the same everywhere: a seed gives the same run on every machine.

public import CairnBasics

/// A datagram that a link carries.
public struct LinkedDatagram: Hashable, Sendable {
    public let bytes: [UInt8]
    public let source: NetworkAddress
    public let destination: NetworkAddress
    /// When it arrives.
    public let due: Instant
    /// Orders datagrams that are due at the same instant.
    let sequence: UInt64

    fileprivate func isBefore(_ other: LinkedDatagram) -> Bool {
        due != other.due ? due < other.due : sequence < other.sequence
    }
}

/// What became of the datagrams that did not arrive, and how many came twice.
public struct LinkCounters: Hashable, Sendable {
    /// Every datagram sent.
    public var sent: UInt64 = 0
    /// Lost by chance.
    public var lost: UInt64 = 0
    /// Found the queue full.
    public var overflowed: UInt64 = 0
    /// Longer than the path takes.
    public var oversized: UInt64 = 0
    /// Between two that are cut off from each other.
    public var severed: UInt64 = 0
    public var duplicated: UInt64 = 0
}

/// One direction of a link, or a whole network: it keeps addresses and does not care.
///
/// The same seed and the same calls give the same fate to every datagram.
/// - Complexity: O(log n) for n datagrams under way.
public struct LinkConditioner: Sendable {
    public var conditions: LinkConditions
    /// Datagrams under way beyond which new ones vanish, so that a test's mistake stays small.
    public let capacity: Int
    public private(set) var counters = LinkCounters()
    private var random: SeededRandom
    private var sequence: UInt64 = 0
    /// A binary heap, the datagram due first at its root.
    private var heap: [LinkedDatagram] = []
    /// Pairs of source and destination between which nothing passes.
    private var cuts: [Cut] = []
    private var isInBurst = false
    /// When the narrow place will have sent all that waits.
    private var busyUntil = Instant.zero
    /// When the newest datagram that keeps order arrives.
    private var lastDue = Instant.zero

    private struct Cut: Hashable {
        let source: NetworkAddress
        let destination: NetworkAddress
    }

    public init(seed: UInt64, conditions: LinkConditions, capacity: Int = 65_536) {
        self.conditions = conditions
        self.capacity = capacity
        random = SeededRandom(seed: seed)
    }

    /// How many datagrams are under way.
    public var count: Int { heap.count }

    /// Datagrams lost by chance or in a full queue.
    public var lost: UInt64 { counters.lost &+ counters.overflowed }

    /// Datagrams that arrive twice.
    public var duplicated: UInt64 { counters.duplicated }

    /// When the next datagram arrives; nil when none is under way.
    public var nextDue: Instant? { heap.first?.due }

    /// Bytes that wait before the narrow place.
    public func queuedBytes(now: Instant) -> Int {
        guard let rate = conditions.rate, busyUntil > now else { return 0 }
        return Int((busyUntil - now).nanoseconds / 1_000 * rate.bitsPerSecond / 8_000_000)
    }

    /// Lets nothing pass from one to the other, and unless told otherwise nothing back.
    public mutating func sever(
        _ source: NetworkAddress, _ destination: NetworkAddress, bothWays: Bool = true
    ) {
        cuts.append(Cut(source: source, destination: destination))
        if bothWays { cuts.append(Cut(source: destination, destination: source)) }
    }

    /// Lets everything pass again between two, in both directions.
    public mutating func mend(_ one: NetworkAddress, _ other: NetworkAddress) {
        cuts.removeAll {
            $0 == Cut(source: one, destination: other) || $0 == Cut(source: other, destination: one)
        }
    }

    public mutating func mendAll() { cuts = [] }

    /// Takes a datagram from `source`: it will arrive once, twice or never.
    public mutating func send(
        _ bytes: [UInt8], from source: NetworkAddress, to destination: NetworkAddress,
        now: Instant
    ) {
        counters.sent &+= 1
        guard !cuts.contains(Cut(source: source, destination: destination)) else {
            counters.severed &+= 1
            return
        }
        guard bytes.count <= conditions.largestDatagram ?? .max else {
            counters.oversized &+= 1
            return
        }
        guard let passed = passQueue(byteCount: bytes.count, now: now) else {
            counters.overflowed &+= 1
            return
        }
        guard !random.chance(conditions.loss), !isLostInBurst() else {
            counters.lost &+= 1
            return
        }
        let isRepeated = random.chance(conditions.duplication)
        if isRepeated { counters.duplicated &+= 1 }
        for _ in 0..<(isRepeated ? 2 : 1) {
            guard heap.count < capacity else {
                counters.overflowed &+= 1
                return
            }
            push(bytes, from: source, to: destination, due: arrival(from: passed))
        }
    }

    /// Takes everything in a batch.
    public mutating func send(
        _ batch: borrowing DatagramBatch, from source: NetworkAddress, now: Instant
    ) {
        for index in 0..<batch.count {
            send(batch.datagram(index), from: source, to: batch.address(index), now: now)
        }
    }

    /// The next datagram that has arrived by now; nil when there is none yet.
    public mutating func poll(now: Instant) -> LinkedDatagram? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return first
    }
}

extension LinkConditioner {
    /// When the narrow place has sent the datagram; nil when the queue has no room for it.
    private mutating func passQueue(byteCount: Int, now: Instant) -> Instant? {
        guard let rate = conditions.rate else { return now }
        let size = byteCount + LinkRate.headerBytes
        guard queuedBytes(now: now) + size <= rate.queueBytes else { return nil }
        busyUntil = max(busyUntil, now) + rate.duration(ofBytes: size)
        return busyUntil
    }

    private mutating func isLostInBurst() -> Bool {
        guard let bursts = conditions.bursts else { return false }
        if random.chance(isInBurst ? bursts.leave : bursts.enter) { isInBurst.toggle() }
        return isInBurst && random.chance(bursts.loss)
    }

    /// When a datagram arrives that leaves the narrow place at `start`.
    private mutating func arrival(from start: Instant) -> Instant {
        let steps = UInt32(clamping: conditions.jitter.nanoseconds / 1_000)
        var due = start + conditions.delay + .microseconds(Int64(random.below(steps &+ 1)))
        if conditions.tail > .zero { due = due + tail() }
        if conditions.reordering.numerator > 0, random.chance(conditions.reordering) {
            return due + conditions.detour
        }
        guard conditions.keepsOrder else { return due }
        lastDue = max(lastDue, due)
        return lastDue
    }

    /// Lomax of shape 2 by its inverse: scale × (1/√u − 1) for u even over (0, 1].
    private mutating func tail() -> TimeSpan {
        let even = 1 - random.unit()
        let factor = min(1 / even.squareRoot() - 1, 50)
        return TimeSpan(nanoseconds: Int64(Double(conditions.tail.nanoseconds) * factor))
    }

    private mutating func push(
        _ bytes: [UInt8], from source: NetworkAddress, to destination: NetworkAddress, due: Instant
    ) {
        heap.append(
            LinkedDatagram(
                bytes: bytes, source: source, destination: destination, due: due,
                sequence: sequence))
        sequence &+= 1
        siftUp(heap.count - 1)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var first = parent
            for child in [parent * 2 + 1, parent * 2 + 2]
            where child < heap.count && heap[child].isBefore(heap[first]) { first = child }
            guard first != parent else { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }
}
