// Under concurrency: the write with the larger stamp wins, everywhere and for good; the other is
// lost. Right for what has one current value (a name, a door's state), wrong for what adds up.

import CairnBasics

/// A value that the latest write decides.
public struct LatestRegister: Hashable, Sendable {
    public private(set) var stamp: Stamp
    public private(set) var value: Scalar

    /// - Precondition: `value` is canonical.
    public init(stamp: Stamp, value: Scalar) {
        precondition(value.canonical == value, "a register holds canonical scalars only")
        self.stamp = stamp
        self.value = value
    }

    /// A register again of what one was taken apart to.
    init(canonical value: Scalar, stamp: Stamp) { (self.stamp, self.value) = (stamp, value) }

    /// Keeps the later write. Of two writes with one stamp, which no honest replica makes, the
    /// larger value wins, so that replicas agree even then.
    ///
    /// - Returns: True when this register changed.
    /// - Complexity: O(1); two stamps are compared.
    public mutating func join(_ other: LatestRegister) -> Bool {
        guard isReplaced(by: other) else { return false }
        self = other
        return true
    }

    /// True when `other` is the later write.
    func isReplaced(by other: LatestRegister) -> Bool {
        if other.stamp != stamp { return stamp < other.stamp }
        return value < other.value
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try stamp.encode(into: &writer)
        try value.encode(into: &writer)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        stamp = try Stamp(decoding: &reader)
        value = try Scalar(decoding: &reader)
    }
}
