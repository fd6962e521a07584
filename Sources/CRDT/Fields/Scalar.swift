// The values that fields hold. A scalar is a plain value; concurrency is the business of the field
// around it. What a merge needs of scalars is that equality, order and encoding agree on every
// machine: so reals compare by their bits and text by its bytes (see UTF8Order), and the values
// that would break that (NaN, negative zero) or the memory budget are not canonical: no encoding
// has them and no author writes them.

public import CairnBasics

/// One value of shared state.
public enum Scalar: Sendable {
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
    case entity(EntityID)
    case bytes([UInt8])
}

extension Scalar {
    /// The longest text or run of bytes, in bytes: four datagrams. What is larger is a file that
    /// a field may name, not a field.
    public static let maximumByteCount = 4_096

    /// This value in its canonical form: negative zero becomes zero; nil for NaN and for text or
    /// bytes over `maximumByteCount`.
    public var canonical: Scalar? {
        switch self {
        case .boolean, .integer, .entity: self
        case .real(let value): value.isNaN ? nil : .real(value == 0 ? 0 : value)
        case .text(let text): text.utf8.count <= Self.maximumByteCount ? self : nil
        case .bytes(let bytes): bytes.count <= Self.maximumByteCount ? self : nil
        }
    }
}
