// The other half of the range coder; see RangeEncoder. Whatever the bytes are, every bit decodes to
// something: beyond their end there are zeros, as the encoder left them out.

/// Turns bytes back into bits and integers.
public struct RangeDecoder: ~Escapable {
    private let bytes: RawSpan
    private var position = 0
    private var code: UInt32 = 0
    private var range: UInt32 = .max

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        for _ in 0..<4 { shiftIn() }
    }

    /// True when bytes are left that no bit depends on: no encoder has written them.
    public var hasUnreadBytes: Bool { position < bytes.byteCount }

    /// Reads a bit that a model has an opinion about, and lets the model learn.
    @inline(__always) @_lifetime(self: copy self)
    public mutating func decode(_ model: inout BitModel) -> Bool {
        // Safe: range is at least 2^24 here, so the bound is above 0 and below range.
        let bound = (range >> 16) &* model.chanceOfZero
        let bit = code >= bound
        if bit {
            code &-= bound
            range &-= bound
        } else {
            range = bound
        }
        model.learn(bit)
        while range < 1 << 24 { shift() }
        return bit
    }

    /// Reads bits that nothing is known about, at most 16.
    @inline(__always) @_lifetime(self: copy self)
    public mutating func decode(plainBits count: Int) -> UInt32 {
        range &>>= UInt32(truncatingIfNeeded: count)
        // What lies beyond the last value's part, which no encoder makes, counts as the last value.
        let value = min(code / range, (1 &<< UInt32(truncatingIfNeeded: count)) &- 1)
        code &-= value &* range
        while range < 1 << 24 { shift() }
        return value
    }

    @inline(__always) @_lifetime(self: copy self)
    private mutating func shift() {
        range &<<= 8
        shiftIn()
    }

    @inline(__always) @_lifetime(self: copy self)
    private mutating func shiftIn() {
        var byte: UInt8 = 0
        if position < bytes.byteCount {
            // Safe: every bit pattern of a byte is a byte, and the position is inside.
            byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
        }
        position &+= 1
        code = code &<< 8 | UInt32(byte)
    }
}

extension RangeDecoder {
    /// Reads up to 32 bits that nothing is known about, the higher ones first.
    @_lifetime(self: copy self)
    mutating func decode(plain count: Int) -> UInt32 {
        let high = count > 16 ? decode(plainBits: count &- 16) : 0
        return high << 16 | decode(plainBits: min(count, 16))
    }
}
