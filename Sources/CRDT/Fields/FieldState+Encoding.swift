// A field's state is its type's tag and what the type writes. Tags are for ever: new types take the
// next, and no encoding that was ever written changes its meaning.

public import CairnBasics

extension FieldState {
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(tag)
        switch self {
        case .latest(let register): try register.encode(into: &writer)
        case .counter(let counter): try counter.encode(into: &writer)
        case .set(let set): try set.encode(into: &writer)
        case .map(let map): try map.encode(into: &writer)
        case .maximum(let state): try state.encode(into: &writer)
        case .minimum(let state): try state.encode(into: &writer)
        case .multiValue(let state): try state.encode(into: &writer)
        case .bounded(let state): try state.encode(into: &writer)
        case .attachment(let state): try state.encode(into: &writer)
        }
    }

    /// Reads a field's state from bytes of any origin.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        switch try reader.get(UInt8.self) {
        case 0: self = .latest(try LatestRegister(decoding: &reader))
        case 1: self = .counter(try Counter(decoding: &reader))
        case 2: self = .set(try AddWinsSet(decoding: &reader))
        case 3: self = .map(try AddWinsMap(decoding: &reader))
        case 4: self = .maximum(try MaximumRegister(decoding: &reader))
        case 5: self = .minimum(try MinimumRegister(decoding: &reader))
        case 6: self = .multiValue(try MultiValueRegister(decoding: &reader))
        case 7: self = .bounded(try BoundedCounter(decoding: &reader))
        case 8: self = .attachment(try Attachment(decoding: &reader))
        default: throw .malformed
        }
    }
}
