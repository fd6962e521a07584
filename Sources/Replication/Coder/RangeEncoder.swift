// An adaptive binary arithmetic coder: a bit that was expected costs a small part of a bit.
//
// It is the range coder of G. N. N. Martin ("Range encoding", 1979) for two symbols, as the LZMA
// specification has it; A. Said's "Introduction to Arithmetic Coding" (2004) says why it works. The
// interval `low ..< low + range` shrinks with every bit to the part that belongs to the bit; whole
// bytes that cannot change any more are written, and a carry runs back through those that were.
// Unlike LZMA's, the first byte is no constant zero and the end is cut: the shortest bytes that lie
// in the last interval, with zeros understood after them.
//
// `low` has up to two bytes above its 32 bits that wait to be written, and room for their carry, so
// that bytes are written in pairs and a carry beyond them is rare.
//
// Costs: about 3 ns a bit, no allocation after the first use; at most `capacity` bytes.

/// Turns bits and integers into bytes.
public struct RangeEncoder: Sendable {
    private var storage: [UInt8]
    /// The lowest number of the interval, 32 bits, and above them `waiting` bits that are whole
    /// bytes and a carry.
    private var low: UInt64 = 0
    private var range: UInt32 = .max
    private var waiting: UInt64 = 0
    /// Bytes so far, those among them that had no room and are lost.
    private var written = 0

    /// - Parameter capacity: how many bytes there is room for.
    public init(capacity: Int) {
        storage = [UInt8](repeating: 0, count: capacity)
    }

    /// Starts anew.
    public mutating func reset() {
        low = 0
        range = .max
        waiting = 0
        written = 0
    }

    /// Bytes written; more than there is room for when they did not fit, and then all are void.
    public var count: Int { written }
    public var hasOverflowed: Bool { written > storage.count }

    /// The bytes, after `finish`.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: every bit pattern of a byte is a byte.
            unsafe storage.span.bytes.extracting(0..<min(written, storage.count))
        }
    }

    /// Writes a bit that a model has an opinion about, and lets the model learn.
    @inline(__always)
    public mutating func encode(_ bit: Bool, _ model: inout BitModel) {
        // Safe: range is at least 2^24 here, so the bound is above 0 and below range.
        let bound = (range >> 16) &* model.chanceOfZero
        if bit {
            low &+= UInt64(bound)
            range &-= bound
        } else {
            range = bound
        }
        model.learn(bit)
        if range < 1 << 24 { shift() }
    }

    /// Writes bits that nothing is known about, at most 16.
    @inline(__always)
    public mutating func encode(_ value: UInt32, plainBits count: Int) {
        assert(count <= 16 && value >> UInt32(count) == 0)
        // Safe: at least 8 bits of range are left for the value's part.
        range &>>= UInt32(truncatingIfNeeded: count)
        low &+= UInt64(value &* range)
        if range < 1 << 24 { shift() }
    }

    /// Ends: writes what tells the last interval from its neighbours, and nothing else.
    public mutating func finish() {
        // As few bytes as name a number within the interval.
        for mask in [UInt64(0xffff_ffff), 0xff_ffff, 0xffff, 0xff, 0] {
            // Safe: 57 bits at most.
            let number = (low &+ mask) & ~mask
            if number &- low < UInt64(range) {
                low = number
                break
            }
        }
        flush()
        var kept = UInt32(truncatingIfNeeded: low)
        while kept != 0 {
            put(UInt8(truncatingIfNeeded: kept >> 24))
            kept <<= 8
        }
        guard !hasOverflowed else { return }
        while written > 0, storage[written - 1] == 0 { written -= 1 }
    }

    /// Makes the range at least 2^24 again, by one or two bytes.
    @inline(__always)
    private mutating func shift() {
        // Safe: the range is at least 2^8, since what is at least 2^24 was divided by 2^16 at most,
        // or is a 2^13th part of it; so there are 0, 8 or 16 bits to shift by, and low has them free.
        let bits = UInt32(truncatingIfNeeded: range.leadingZeroBitCount) & ~7
        low &<<= UInt64(bits)
        range &<<= bits
        waiting &+= UInt64(bits)
        if waiting >= 16 { flush() }
    }

    /// Writes the bytes that wait.
    private mutating func flush() {
        let above = low >> 32
        low &= 0xffff_ffff
        if above >> waiting != 0 { carry() }
        while waiting > 0 {
            waiting &-= 8
            put(UInt8(truncatingIfNeeded: above &>> waiting))
        }
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        if written < storage.count { storage[written] = byte }
        written &+= 1
    }

    /// Adds one to the bytes that were written, as a number.
    private mutating func carry() {
        guard !hasOverflowed else { return }
        var index = written
        while index > 0 {
            index -= 1
            storage[index] &+= 1
            if storage[index] != 0 { return }
        }
    }
}

extension RangeEncoder {
    /// Writes up to 32 bits that nothing is known about, the higher ones first.
    mutating func encode(plain value: UInt32, bits count: Int) {
        if count > 16 { encode(value >> 16, plainBits: count &- 16) }
        encode(count < 16 ? value : value & 0xffff, plainBits: min(count, 16))
    }
}
