import CairnBasics
import CairnCRDT

/// What the tests write and read alone, outside a lattice.
protocol Encodable {
    func encode(into writer: inout ByteWriter) throws(CodecError)
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError)
}

extension Scalar: Encodable {}
extension CausalContext: Encodable {}
extension FieldState: Encodable {}

extension Encodable {
    /// The encoding, of at most 8 KiB.
    func bytes() throws(CodecError) -> [UInt8] {
        try encodeBytes(capacity: 8_192) { (writer) throws(CodecError) in
            try encode(into: &writer)
        }
    }

    /// Reads a value that takes up all of the bytes.
    init(bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes.rawBytes)
        try self.init(decoding: &reader)
        if reader.remaining > 0 { throw .malformed }
    }
}

extension FieldState {
    /// True when the encoding decodes to this state, and that encodes to the same bytes.
    var comesBack: Bool {
        guard let bytes = try? bytes(), let decoded = try? FieldState(bytes: bytes) else {
            return false
        }
        return decoded == self && (try? decoded.bytes()) == bytes
    }
}

extension Lattice {
    /// True when the encoding decodes to this state, and that encodes to the same bytes.
    var comesBack: Bool {
        let bytes = encoded()
        guard let decoded = decodeLattice(bytes) else { return false }
        return decoded == self && decoded.encoded() == bytes
    }
}

/// Reads a lattice as it comes from outside; nil when it is refused.
func decodeLattice(_ bytes: [UInt8]) -> Lattice? { try? Lattice(encoded: bytes) }
