// A counter of increments and decrements per replica (Shapiro et al., "A comprehensive study of
// convergent and commutative replicated data types", 2011, specification 7).
//
// Under concurrency: all additions count, each once. Every replica writes only its own tally and
// tallies only grow, so the join takes the larger of two; a delta carries one tally, in full.
// It knows no bounds: a stock that must not go negative is kept by the one who hands it out.

import CairnBasics

/// A number that replicas add to.
public struct Counter: Hashable, Sendable {
    /// What one replica has added up.
    struct Tally: Hashable, Sendable {
        var replica: ReplicaID
        var added: UInt64
        var subtracted: UInt64
    }

    /// Sorted by replica; none that is zero both ways.
    var tallies: [Tally] = []

    init() {}

    /// The sum over all replicas, clamped to 64 bits.
    /// - Complexity: O(replicas that ever added)
    public var value: Int64 {
        // Safe: 128 bits hold the sum of 2^63 tallies.
        var sum: Int128 = 0
        for tally in tallies { sum += Int128(tally.added) - Int128(tally.subtracted) }
        return Int64(clamping: sum)
    }

    /// Joins another state or delta: per replica the larger tally, added and subtracted apart.
    ///
    /// - Returns: True when this counter changed.
    /// - Complexity: O(m log n) for a delta of m tallies whose replicas are known.
    public mutating func join(_ other: Counter) -> Bool {
        var changed = false
        for tally in other.tallies {
            let index = index(of: tally.replica)
            guard index < tallies.count, tallies[index].replica == tally.replica else {
                tallies.insert(tally, at: index)
                changed = true
                continue
            }
            if tally.added > tallies[index].added {
                tallies[index].added = tally.added
                changed = true
            }
            if tally.subtracted > tallies[index].subtracted {
                tallies[index].subtracted = tally.subtracted
                changed = true
            }
        }
        return changed
    }

    /// A delta that adds `amount` as `replica`, whose tally here must be up to date. A tally that
    /// reaches 2^64 - 1 stays there.
    func adding(_ amount: Int64, by replica: ReplicaID) -> Counter {
        var tally = tally(of: replica)
        if amount >= 0 {
            tally.added = tally.added.saturatingSum(amount.magnitude)
        } else {
            tally.subtracted = tally.subtracted.saturatingSum(amount.magnitude)
        }
        var delta = Counter()
        if tally.added | tally.subtracted != 0 { delta.tallies = [tally] }
        return delta
    }

    /// What `replica` has added up; zero when it has not.
    func tally(of replica: ReplicaID) -> Tally {
        let index = index(of: replica)
        guard index < tallies.count, tallies[index].replica == replica else {
            return Tally(replica: replica, added: 0, subtracted: 0)
        }
        return tallies[index]
    }

    private func index(of replica: ReplicaID) -> Int {
        tallies.partitionPoint { $0.replica < replica }
    }
}

extension Counter {
    //     tallies: varint, per tally: replica (4 bytes), varint(added), varint(subtracted)
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(tallies.count))
        for tally in tallies {
            try writer.put(tally.replica.raw)
            try writer.putVarint(tally.added)
            try writer.putVarint(tally.subtracted)
        }
    }

    /// Reads a counter from bytes of any origin; one without tallies is refused, for a field like
    /// that is left out.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        // A tally takes at least six bytes, so this many cannot be had from what remains.
        let count = try reader.getVarint(atMost: UInt64(reader.remaining))
        guard count > 0 else { throw .malformed }
        for _ in 0..<count {
            let tally = Tally(
                replica: ReplicaID(raw: try reader.get(UInt32.self)),
                added: try reader.getVarint(), subtracted: try reader.getVarint())
            guard tally.added | tally.subtracted != 0 else { throw .malformed }
            if let last = tallies.last, last.replica >= tally.replica { throw .malformed }
            tallies.append(tally)
        }
    }
}

extension UInt64 {
    /// The sum, or the largest number when it would not fit.
    fileprivate func saturatingSum(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
