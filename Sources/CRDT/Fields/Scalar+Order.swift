// The total order of scalars: by kind of value first, then by value. It sorts sets in encodings and
// decides between two values with one stamp, which only a faulty replica can make.

extension Scalar: Hashable {
    public static func == (left: Scalar, right: Scalar) -> Bool {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.real(let left), .real(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): UTF8Order.areEqual(left, right)
        case (.entity(let left), .entity(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(rank)
        switch self {
        case .boolean(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .real(let value): hasher.combine(value.bitPattern)
        case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
        case .entity(let id): hasher.combine(id)
        case .bytes(let bytes): hasher.combine(bytes)
        }
    }
}

extension Scalar: Comparable {
    public static func < (left: Scalar, right: Scalar) -> Bool {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): !left && right
        case (.integer(let left), .integer(let right)): left < right
        case (.real(let left), .real(let right)): orderedBits(left) < orderedBits(right)
        case (.text(let left), .text(let right)): UTF8Order.isAscending(left, right)
        case (.entity(let left), .entity(let right)): left < right
        case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
        default: left.rank < right.rank
        }
    }

    private var rank: UInt8 {
        switch self {
        case .boolean: 0
        case .integer: 1
        case .real: 2
        case .text: 3
        case .entity: 4
        case .bytes: 5
        }
    }

    /// The bits of a real as a number that ascends with it (IEEE 754 totalOrder).
    private static func orderedBits(_ value: Double) -> UInt64 {
        let bits = value.bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }
}
