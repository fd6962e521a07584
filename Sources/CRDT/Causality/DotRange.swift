import CairnBasics

/// Consecutive dots of one replica, both ends included.
struct DotRange: Hashable, Sendable {
    var replica: ReplicaID
    /// At least 1.
    var first: UInt32
    /// At least `first`.
    var last: UInt32

    init(replica: ReplicaID, first: UInt32, last: UInt32) {
        self.replica = replica
        self.first = first
        self.last = last
    }

    init(_ dot: Dot) {
        self.init(replica: dot.replica, first: dot.counter, last: dot.counter)
    }

    /// How many dots there are in it.
    var count: UInt64 { UInt64(last) - UInt64(first) + 1 }

    /// True when the range ends before `other` begins, with at least one dot missing between them.
    func isApart(before other: DotRange) -> Bool {
        replica != other.replica
            ? replica < other.replica : UInt64(last) + 1 < UInt64(other.first)
    }
}
