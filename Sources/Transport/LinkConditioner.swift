// A network between two endpoints that loses, repeats, delays and reorders datagrams, from a seed:
// for the simulator, for this room's tests, and for game developers who want to feel 80 ms before
// their players do. It holds datagrams and gives them back when they are due; it has no clock.

public import CairnBasics

/// How bad a link is.
public struct LinkConditions: Hashable, Sendable {
    /// How many datagrams vanish.
    public var loss: Ratio
    /// How many of the others arrive twice.
    public var duplication: Ratio
    /// How long every datagram takes at least.
    public var delay: TimeSpan
    /// How much longer it may take, evenly; datagrams overtake each other within it.
    public var jitter: TimeSpan

    public init(
        loss: Ratio = .never, duplication: Ratio = .never, delay: TimeSpan = .zero,
        jitter: TimeSpan = .zero
    ) {
        self.loss = loss
        self.duplication = duplication
        self.delay = delay
        self.jitter = jitter
    }

    /// Nothing is lost and nothing takes time.
    public static let perfect = LinkConditions()
}

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

/// One direction of a link, or a whole network: it keeps addresses and does not care.
///
/// The same seed and the same calls give the same fate to every datagram.
/// - Complexity: O(log n) for n datagrams under way.
public struct LinkConditioner: Sendable {
    public var conditions: LinkConditions
    /// Datagrams under way beyond which new ones vanish, as in a full queue.
    public let capacity: Int
    public private(set) var lost: UInt64 = 0
    public private(set) var duplicated: UInt64 = 0
    private var random: SeededRandom
    private var sequence: UInt64 = 0
    /// A binary heap, the datagram due first at its root.
    private var heap: [LinkedDatagram] = []

    public init(seed: UInt64, conditions: LinkConditions, capacity: Int = 65_536) {
        self.conditions = conditions
        self.capacity = capacity
        random = SeededRandom(seed: seed)
    }

    /// How many datagrams are under way.
    public var count: Int { heap.count }

    /// When the next datagram arrives; nil when none is under way.
    public var nextDue: Instant? { heap.first?.due }

    /// Takes a datagram from `source`: it will arrive once, twice or never.
    public mutating func send(
        _ bytes: [UInt8], from source: NetworkAddress, to destination: NetworkAddress,
        now: Instant
    ) {
        guard !random.chance(conditions.loss) else {
            lost &+= 1
            return
        }
        let isRepeated = random.chance(conditions.duplication)
        if isRepeated { duplicated &+= 1 }
        for _ in 0..<(isRepeated ? 2 : 1) {
            guard heap.count < capacity else {
                lost &+= 1
                return
            }
            let datagram = LinkedDatagram(
                bytes: bytes, source: source, destination: destination, due: now + latency(),
                sequence: sequence)
            sequence &+= 1
            heap.append(datagram)
            siftUp(heap.count - 1)
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

    private mutating func latency() -> TimeSpan {
        let steps = UInt32(clamping: conditions.jitter.nanoseconds / 1_000)
        return conditions.delay + .microseconds(Int64(random.below(steps &+ 1)))
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
