// What an entity hangs on: a lamp on a post, a rider in a cart. The field of the child names its
// parent, so that every child has one at most, and the latest write says which.
//
// Under concurrency: two moves that are each sound can close a circle together (a onto b here,
// b onto a there). No join of single fields can see that, so the circle is broken where attachments
// are read: of the moves that form a circle the latest does not hold, and its entity stands free.
// `Lattice.parent(of:_:)` does that. Since what is read is a function of the joined state, all
// replicas read one forest; and a move that closes no circle is never touched.
//
// Kleppmann et al. ("A highly-available move operation for replicated trees", 2021) apply all moves
// in the order of their stamps and skip those that would close a circle, which takes a log of the
// moves, undone and redone when a late one comes and kept until all have been heard. Over the last
// move of each child alone that rule and this one skip the same moves; what is given up is the log,
// and with it that the loser of a circle goes back to where it was before. In return a delta is one
// register, a part of the state stays a delta, and memory follows what lives.

public import CairnBasics

/// Which entity the one that has this field is attached to.
public struct Attachment: Hashable, Sendable {
    public private(set) var stamp: Stamp
    /// The parent as written, which may be dead or close a circle; nil for none.
    public private(set) var written: EntityID?

    /// - Precondition: `parent` is an id that an entity can have.
    init(stamp: Stamp, parent: EntityID?) {
        precondition(parent.map { $0.number > 0 } ?? true, "no entity has the number 0")
        self.stamp = stamp
        written = parent
    }

    /// Keeps the later write; of two with one stamp, which no honest replica makes, the larger
    /// parent.
    ///
    /// - Returns: True when this attachment changed.
    /// - Complexity: O(1)
    public mutating func join(_ other: Attachment) -> Bool {
        guard self < other else { return false }
        self = other
        return true
    }

    //     stamp, varint(parent), 0 for none
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try stamp.encode(into: &writer)
        try writer.putVarint((written ?? .none).raw)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        stamp = try Stamp(decoding: &reader)
        let parent = EntityID(raw: try reader.getVarint())
        guard parent == .none || parent.number > 0 else { throw .malformed }
        written = parent == .none ? nil : parent
    }
}

extension Attachment: Comparable {
    /// The order of writes: by stamp, then by parent.
    public static func < (left: Attachment, right: Attachment) -> Bool {
        (left.stamp, left.written ?? .none) < (right.stamp, right.written ?? .none)
    }
}
