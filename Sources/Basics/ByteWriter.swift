/// What can be wrong with bytes, or with the room for them.
public enum CodecError: Error, Hashable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// There is no room left to write into.
    case overflow
    /// The bytes are no canonical encoding of any value.
    case malformed
    /// A count or a length is over its limit.
    case tooLarge
}

/// Writes values into memory that somebody else owns: little-endian, bounds-checked, no allocation.
///
/// A `put` that fails writes nothing that counts: `count` stays where it was.
@frozen public struct ByteWriter: ~Copyable, ~Escapable {
    @usableFromInline var bytes: MutableRawSpan
    @usableFromInline var offset: Int

    @_lifetime(copy bytes)
    @inlinable
    public init(_ bytes: consuming MutableRawSpan) {
        self.bytes = bytes
        self.offset = 0
    }

    /// Bytes written so far.
    @inlinable public var count: Int { offset }
    /// Bytes that still fit.
    @inlinable public var room: Int { bytes.byteCount &- offset }

    /// Takes back everything written after `count` was this.
    /// - Precondition: `mark` is a former `count` of this writer.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func rewind(to mark: Int) {
        precondition(mark >= 0 && mark <= offset)
        offset = mark
    }

    /// Writes a whole number in as many bytes as its type has.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func put<T: FixedWidthInteger & BitwiseCopyable>(
        _ value: T
    ) throws(CodecError) {
        guard room >= MemoryLayout<T>.size else { throw .overflow }
        bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
        offset &+= MemoryLayout<T>.size  // Safe: the guard bounds offset by the span.
    }

    /// Writes an unsigned whole number in 1 to 10 bytes, seven bits each, low bits first (LEB128).
    @_lifetime(self: copy self)
    @inlinable
    public mutating func putVarint(_ value: UInt64) throws(CodecError) {
        let mark = offset
        var rest = value
        while rest >= 0x80 {
            guard room >= 1 else {
                offset = mark
                throw .overflow
            }
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: offset, as: UInt8.self)
            offset &+= 1
            rest >>= 7
        }
        guard room >= 1 else {
            offset = mark
            throw .overflow
        }
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: offset, as: UInt8.self)
        offset &+= 1
    }

    /// How many bytes `putVarint` writes.
    @inlinable public static func varintBytes(_ value: UInt64) -> Int {
        // Seven bits a byte; a zero takes one as well.
        (70 &- (value | 1).leadingZeroBitCount) / 7
    }

    /// Writes a signed whole number as a zigzag varint: small magnitudes take few bytes.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func putZigzag(_ value: Int64) throws(CodecError) {
        try putVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Copies bytes in, without their count.
    @_lifetime(self: copy self)
    public mutating func putBytes(_ source: RawSpan) throws(CodecError) {
        guard room >= source.byteCount else { throw .overflow }
        guard source.byteCount > 0 else { return }
        let start = offset
        unsafe bytes.withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { source in
                // Safe: the guard bounds the copy by the span's room.
                unsafe target.baseAddress!.advanced(by: start).copyMemory(
                    from: source.baseAddress!, byteCount: source.count)
            }
        }
        offset &+= source.byteCount
    }

    /// Writes text as the varint of its UTF-8 length, then the UTF-8.
    @_lifetime(self: copy self)
    public mutating func putText(_ text: String) throws(CodecError) {
        let mark = offset
        var copy = text
        let utf8 = copy.withUTF8 { unsafe Array($0) }
        do throws(CodecError) {
            try putVarint(UInt64(utf8.count))
            try putBytes(utf8.rawBytes)
        } catch {
            offset = mark
            throw error
        }
    }

    /// Overwrites two bytes written before, to fill in a length that was not known then.
    @_lifetime(self: copy self)
    public mutating func patch(_ value: UInt16, at position: Int) {
        precondition(position >= 0 && position &+ 2 <= offset)
        bytes.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt16.self)
    }
}

/// Runs `body` with a writer of the given capacity and returns what it wrote; for cold paths.
public func encodeBytes(
    capacity: Int, _ body: (inout ByteWriter) throws(CodecError) -> Void
) throws(CodecError) -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: capacity)
    let count = try write(into: &storage, body)
    storage.removeLast(capacity - count)
    return storage
}

/// Runs `body` with writers of more and more room, from `capacity` on, and returns what it wrote; for
/// cold paths that cannot say how long their bytes will be.
/// - Precondition: nothing but room can be lacking to `body`.
/// - Complexity: O(bytes)
public func encodeBytes(
    growingFrom capacity: Int, _ body: (inout ByteWriter) throws(CodecError) -> Void
) -> [UInt8] {
    precondition(capacity > 0)
    var capacity = capacity
    while true {
        do throws(CodecError) {
            return try encodeBytes(capacity: capacity, body)
        } catch {
            precondition(error == .overflow, "what is written here can be written")
            capacity *= 2
        }
    }
}

private func write(
    into storage: inout [UInt8], _ body: (inout ByteWriter) throws(CodecError) -> Void
) throws(CodecError) -> Int {
    var span = storage.mutableSpan
    var writer = unsafe ByteWriter(span.mutableBytes)
    try body(&writer)
    return writer.count
}
