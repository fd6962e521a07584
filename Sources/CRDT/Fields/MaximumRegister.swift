// Under concurrency: the largest value that anybody wrote is the value, whoever wrote it and when;
// so it never falls. Right for what only rises (a record, a level reached, a schema's version),
// wrong for what may be corrected downwards. Deltas and states are one number; the join is max.

import CairnBasics

/// An integer that writes can only raise.
public struct MaximumRegister: Hashable, Sendable {
    public private(set) var value: Int64

    public init(_ value: Int64) { self.value = value }

    /// Keeps the larger value.
    ///
    /// - Returns: True when this register changed.
    /// - Complexity: O(1)
    public mutating func join(_ other: MaximumRegister) -> Bool {
        guard other.value > value else { return false }
        value = other.value
        return true
    }

    //     value: zigzag varint
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putZigzag(value)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        value = try reader.getZigzag()
    }
}
