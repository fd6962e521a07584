// Under concurrency: the smallest value that anybody wrote is the value, whoever wrote it and when;
// so it never rises. Right for what only falls (a best time, an earliest date, a last safe depth),
// wrong for what may be corrected upwards. Deltas and states are one number; the join is min.

import CairnBasics

/// An integer that writes can only lower.
public struct MinimumRegister: Hashable, Sendable {
    public private(set) var value: Int64

    public init(_ value: Int64) { self.value = value }

    /// Keeps the smaller value.
    ///
    /// - Returns: True when this register changed.
    /// - Complexity: O(1)
    public mutating func join(_ other: MinimumRegister) -> Bool {
        guard other.value < value else { return false }
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
