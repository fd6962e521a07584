internal import CSodium
import CairnBasics

/// Memory for a key: aligned for vector units, never moved, in no core dump (see `SecretArena`),
/// wiped when the last owner lets go.
///
/// Filled once, in the initialiser's caller, and only read afterwards; that is what makes sharing
/// it between threads sound. It has no description, so that no log can show it.
@safe final class SecretMemory: @unchecked Sendable {
    let byteCount: Int
    private let base: UnsafeMutableRawPointer

    /// Zeroed memory.
    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe base = SecretArena.take(byteCount)
    }

    /// A copy of `bytes`.
    convenience init(_ bytes: RawSpan) {
        self.init(byteCount: bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            // Safe: both sides are as long as `bytes`.
            if let start = source.baseAddress {
                unsafe base.copyMemory(from: start, byteCount: source.count)
            }
        }
    }

    /// What `body` writes, and zeros up to `byteCount`.
    /// - Precondition: `body` writes no more than that.
    convenience init(
        byteCount: Int, _ body: (inout ByteWriter) throws(CodecError) -> Void
    ) {
        self.init(byteCount: byteCount)
        do throws(CodecError) {
            // Safe: nobody else has this memory yet.
            let room = unsafe MutableRawSpan(_unsafeStart: base, byteCount: byteCount)
            var writer = ByteWriter(room)
            try body(&writer)
        } catch {
            preconditionFailure("a secret's parts add up to its length")
        }
    }

    deinit {
        unsafe SecretArena.give(base, byteCount)
    }

    /// The bytes, for a cipher; valid while this object lives.
    var bytes: UnsafeMutablePointer<UInt8> {
        unsafe base.assumingMemoryBound(to: UInt8.self)
    }
    /// The bytes, for a cipher's state.
    var raw: UnsafeMutableRawPointer { unsafe base }

    /// The bytes, to be read.
    var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let bytes = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// Eight bytes, little-endian.
    func load(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= byteCount)
        return UInt64(
            littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Some of the bytes, copied; for what goes on the wire inside a seal.
    func copied(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return unsafe Array(
            UnsafeRawBufferPointer(start: base.advanced(by: range.lowerBound), count: range.count))
    }
}

/// Overwrites bytes that held a secret, where they stand.
///
/// Reaches the memory itself only while nobody else holds the array; that is so for one that was
/// made, read and wiped in one place.
public func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe sodium_memzero(bytes.baseAddress, bytes.count)
    }
}

/// An authentication code of 128 bits.
@frozen public struct Code128: Sendable {
    public let low: UInt64
    public let high: UInt64

    public init(_ low: UInt64, _ high: UInt64) {
        self.low = low
        self.high = high
    }

    /// Compares without a branch on either word, so that time tells nothing.
    public func matches(_ other: Code128) -> Bool {
        (low ^ other.low) | (high ^ other.high) == 0
    }
}

extension ByteWriter {
    @_lifetime(self: copy self)
    mutating func put(_ code: Code128) throws(CodecError) {
        try put(code.low)
        try put(code.high)
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    mutating func getCode() throws(CodecError) -> Code128 {
        Code128(try get(UInt64.self), try get(UInt64.self))
    }
}
