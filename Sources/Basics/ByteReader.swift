/// Reads values out of bytes from anywhere: total, so that no input can trap it.
///
/// Every `get` either returns a value and moves on, or throws and leaves the reader as it was.
@frozen public struct ByteReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var offset: Int

    @_lifetime(copy bytes)
    @inlinable
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.offset = 0
    }

    /// Bytes read so far.
    @inlinable public var position: Int { offset }
    /// Bytes not yet read.
    @inlinable public var remaining: Int { bytes.byteCount &- offset }

    /// Reads a whole number that takes as many bytes as its type has.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func get<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type
    ) throws(CodecError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw .truncated }
        // Safe: the guard keeps the load inside the span.
        let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
        offset &+= MemoryLayout<T>.size
        return T(littleEndian: value)
    }

    /// Reads a varint; an encoding longer than it need be is refused, so that bytes stay canonical.
    @_lifetime(self: copy self)
    @inlinable @inline(__always)
    public mutating func getVarint() throws(CodecError) -> UInt64 {
        if offset < bytes.byteCount {
            // Safe: the condition keeps the load inside the span.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if byte < 0x80 {
                offset &+= 1
                return UInt64(byte)
            }
        }
        return try getLongVarint()
    }

    @_lifetime(self: copy self)
    @inlinable
    mutating func getLongVarint() throws(CodecError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = offset
        while index < bytes.byteCount {
            // Safe: the loop's condition keeps the load inside the span.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            index &+= 1
            if shift == 63 && byte > 1 { throw .malformed }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                if byte == 0 && shift > 0 { throw .malformed }
                offset = index
                return value
            }
            shift &+= 7
        }
        throw .truncated
    }

    /// Reads a varint that must not exceed `limit`.
    @_lifetime(self: copy self)
    @inlinable @inline(__always)
    public mutating func getVarint(atMost limit: UInt64) throws(CodecError) -> UInt64 {
        let mark = offset
        let value = try getVarint()
        guard value <= limit else {
            offset = mark
            throw .tooLarge
        }
        return value
    }

    /// Reads a zigzag varint.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func getZigzag() throws(CodecError) -> Int64 {
        let raw = try getVarint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// Takes the next `count` bytes as a view, without copying.
    @_lifetime(copy self)
    @inlinable
    public mutating func getBytes(_ count: Int) throws(CodecError) -> RawSpan {
        guard count >= 0, remaining >= count else { throw .truncated }
        let start = offset
        offset &+= count
        return bytes.extracting(start..<offset)
    }

    /// Takes everything that is left as a view.
    @_lifetime(copy self)
    public mutating func getRest() -> RawSpan {
        let start = offset
        offset = bytes.byteCount
        return bytes.extracting(start..<offset)
    }

    /// Reads text of at most `limit` bytes of UTF-8; ill-formed UTF-8 is refused.
    @_lifetime(self: copy self)
    public mutating func getText(atMost limit: Int) throws(CodecError) -> String {
        let mark = offset
        do throws(CodecError) {
            let count = try getVarint(atMost: UInt64(clamping: limit))
            let utf8 = try getBytes(Int(truncatingIfNeeded: count))
            let text = unsafe utf8.withUnsafeBytes {
                unsafe String(validating: $0, as: UTF8.self)
            }
            guard let text else { throw .malformed }
            return text
        } catch {
            offset = mark
            throw error
        }
    }
}

extension RawSpan {
    /// A copy as an array; for cold paths.
    public var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}

extension Array where Element == UInt8 {
    /// The elements as a raw span, which is what readers and ciphers take.
    public var rawBytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: every bit pattern of a byte is a byte.
            unsafe span.bytes
        }
    }
}
