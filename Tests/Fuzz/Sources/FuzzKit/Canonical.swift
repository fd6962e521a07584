// The property that most parsers share: there is one encoding for each value, so whatever can be
// decoded encodes to the bytes that it came from.

public import CairnBasics

/// A value with one encoding.
public protocol Canonical {
    init(decoding reader: inout ByteReader) throws(CodecError)
    func encode(into writer: inout ByteWriter) throws(CodecError)
}

/// Traps when what can be decoded encodes to other bytes.
///
/// - Parameter capacity: more bytes than any encoding of the type has.
public func comesBack<Value: Canonical>(
    _ bytes: RawSpan, as _: Value.Type, capacity: Int = 256
) {
    var reader = ByteReader(bytes)
    guard let value = try? Value(decoding: &reader) else { return }
    let again = try? encodeBytes(capacity: capacity) { (writer) throws(CodecError) in
        try value.encode(into: &writer)
    }
    precondition(again == bytes.extracting(0..<reader.position).array)
}
