// Signed integers as bits, the small ones few: is it zero, which sign, how many binary digits, the
// second digit, the others as they are (Exp-Golomb, with a model for each of the first four kinds).
//
// The models of an integer are thirty in a row of an array that the caller owns:
//
//     0 not zero, 1 negative, 2 ... 15 has more digits than 1 ... 14, 16 ... 29 second digit of
//     those with 2 ... 15 digits; what has more digits uses the last of its kind.

/// Where the models of one kind of integer are in an array of models.
@frozen public struct IntegerModel: Hashable, Sendable {
    /// How many models an integer takes.
    public static let modelCount = 30
    static let lengths = 14
    /// The most binary digits; a longer run of "has more" ends here.
    static let mostDigits = 32

    /// The index of the first model.
    public let first: Int

    @inlinable public init(first: Int) { self.first = first }
}

extension RangeEncoder {
    /// Writes an integer of at most 32 binary digits and a sign.
    @inline(__always)
    public mutating func encode(
        _ value: Int64, _ model: IntegerModel, _ models: inout MutableSpan<BitModel>
    ) {
        let isNotZero = value != 0
        encode(isNotZero, &models[model.first])
        if isNotZero { encodeRest(value, model, &models) }
    }

    mutating func encodeRest(
        _ value: Int64, _ model: IntegerModel, _ models: inout MutableSpan<BitModel>
    ) {
        encode(value < 0, &models[model.first &+ 1])
        let magnitude = UInt32(truncatingIfNeeded: value.magnitude)
        // Safe: between 1 and 32 digits.
        let digits = 32 &- magnitude.leadingZeroBitCount
        var count = 1
        while count < digits {
            encode(true, &models[model.first &+ 1 &+ min(count, IntegerModel.lengths)])
            count &+= 1
        }
        if digits < IntegerModel.mostDigits {
            encode(false, &models[model.first &+ 1 &+ min(count, IntegerModel.lengths)])
        }
        guard digits > 1 else { return }
        var rest = digits &- 2
        encode(
            magnitude &>> UInt32(truncatingIfNeeded: rest) & 1 == 1,
            &models[model.first &+ 15 &+ min(digits &- 1, IntegerModel.lengths)])
        while rest > 0 {
            let part = min(rest, 16)
            rest &-= part
            encode(
                magnitude &>> UInt32(truncatingIfNeeded: rest)
                    & ((1 &<< UInt32(truncatingIfNeeded: part)) &- 1), plainBits: part)
        }
    }
}

extension RangeDecoder {
    /// Reads an integer: one whose magnitude is below 2^32.
    @inline(__always) @_lifetime(self: copy self)
    public mutating func decode(
        _ model: IntegerModel, _ models: inout MutableSpan<BitModel>
    ) -> Int64 {
        guard decode(&models[model.first]) else { return 0 }
        return decodeRest(model, &models)
    }

    @_lifetime(self: copy self)
    mutating func decodeRest(
        _ model: IntegerModel, _ models: inout MutableSpan<BitModel>
    ) -> Int64 {
        let isNegative = decode(&models[model.first &+ 1])
        var digits = 1
        while digits < IntegerModel.mostDigits,
            decode(&models[model.first &+ 1 &+ min(digits, IntegerModel.lengths)])
        {
            digits &+= 1
        }
        var magnitude: UInt32 = 1
        if digits > 1 {
            let second = decode(
                &models[model.first &+ 15 &+ min(digits &- 1, IntegerModel.lengths)])
            magnitude = magnitude << 1 | (second ? 1 : 0)
            var rest = digits &- 2
            while rest > 0 {
                let part = min(rest, 16)
                rest &-= part
                magnitude =
                    magnitude &<< UInt32(truncatingIfNeeded: part) | decode(plainBits: part)
            }
        }
        return isNegative ? 0 &- Int64(magnitude) : Int64(magnitude)
    }
}
