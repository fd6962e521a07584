// One tag byte, then the value: nothing for booleans, a zigzag varint, eight bytes, text, a varint,
// or counted bytes. Only canonical scalars can be read, and they in one form only.

public import CairnBasics

extension Scalar {
    private enum Tag {
        static let no: UInt8 = 0
        static let yes: UInt8 = 1
        static let integer: UInt8 = 2
        static let real: UInt8 = 3
        static let text: UInt8 = 4
        static let entity: UInt8 = 5
        static let bytes: UInt8 = 6
    }

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .boolean(let value):
            try writer.put(value ? Tag.yes : Tag.no)
        case .integer(let value):
            try writer.put(Tag.integer)
            try writer.putZigzag(value)
        case .real(let value):
            try writer.put(Tag.real)
            try writer.put(value.bitPattern)
        case .text(let text):
            try writer.put(Tag.text)
            try writer.putText(text)
        case .entity(let id):
            try writer.put(Tag.entity)
            try writer.putVarint(id.raw)
        case .bytes(let bytes):
            try writer.put(Tag.bytes)
            try writer.putVarint(UInt64(bytes.count))
            try writer.putBytes(bytes.rawBytes)
        }
    }

    /// Reads a scalar from bytes of any origin.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        switch try reader.get(UInt8.self) {
        case Tag.no: self = .boolean(false)
        case Tag.yes: self = .boolean(true)
        case Tag.integer: self = .integer(try reader.getZigzag())
        case Tag.real:
            let bits = try reader.get(UInt64.self)
            let value = Scalar.real(Double(bitPattern: bits))
            guard value.canonical == value else { throw .malformed }
            self = value
        case Tag.text: self = .text(try reader.getText(atMost: Self.maximumByteCount))
        case Tag.entity: self = .entity(EntityID(raw: try reader.getVarint()))
        case Tag.bytes:
            let count = try reader.getVarint(atMost: UInt64(Self.maximumByteCount))
            self = .bytes(try reader.getBytes(Int(clamping: count)).array)
        default: throw .malformed
        }
    }
}
