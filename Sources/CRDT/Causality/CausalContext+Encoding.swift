// Canonical by construction: what is written are the gaps between ranges that cannot touch, so
// every sequence of numbers that stays within 32 bits is the encoding of exactly one context.
//
//     replicas: varint
//     per replica, ascending: varint(raw - previous raw - 1, the first: raw), varint(ranges - 1)
//     per range, ascending: varint(first - earliest possible first), varint(last - first)
//
// The usual replica, all of whose events have arrived, costs its id and three small numbers.

public import CairnBasics

extension CausalContext {
    /// The replicas of which anything has been seen, ascending.
    var replicas: [ReplicaID] {
        var distinct: [ReplicaID] = []
        for range in ranges where distinct.last != range.replica { distinct.append(range.replica) }
        return distinct
    }

    /// Writes the context in its one canonical form.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(replicas.count))
        var start = 0
        var earliestReplica: UInt64 = 0
        while start < ranges.count {
            let replica = ranges[start].replica
            var end = start
            while end < ranges.count && ranges[end].replica == replica { end += 1 }
            try writer.putVarint(UInt64(replica.raw) - earliestReplica)
            try writer.putVarint(UInt64(end - start - 1))
            var earliest: UInt64 = 1
            for range in ranges[start..<end] {
                try writer.putVarint(UInt64(range.first) - earliest)
                try writer.putVarint(UInt64(range.last - range.first))
                earliest = UInt64(range.last) + 2
            }
            earliestReplica = UInt64(replica.raw) + 1
            start = end
        }
    }

    /// Reads a context from bytes of any origin.
    ///
    /// Allocates at most a constant times the bytes there are: every range takes two of them.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init()
        let replicaCount = try reader.getVarint(atMost: UInt64(reader.remaining))
        var earliestReplica: UInt64 = 0
        for _ in 0..<replicaCount {
            let raw = try Self.sum(earliestReplica, try reader.getVarint())
            let others = try reader.getVarint(atMost: UInt64(reader.remaining))
            var earliest: UInt64 = 1
            for _ in 0...others {
                let first = try Self.sum(earliest, try reader.getVarint())
                let last = try Self.sum(UInt64(first), try reader.getVarint())
                append(DotRange(replica: ReplicaID(raw: raw), first: first, last: last))
                earliest = UInt64(last) + 2
            }
            earliestReplica = UInt64(raw) + 1
        }
    }

    /// `base + gap` when it is a 32-bit number.
    private static func sum(_ base: UInt64, _ gap: UInt64) throws(CodecError) -> UInt32 {
        // Safe: `base` is below 2^33, so the comparison itself cannot wrap.
        guard base <= UInt64(UInt32.max), gap <= UInt64(UInt32.max) - base else {
            throw .malformed
        }
        return UInt32(truncatingIfNeeded: base &+ gap)
    }
}
