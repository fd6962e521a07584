import CairnBasics
import CairnReplication
import Testing

@Suite struct TheCoderLosesNothingTests {
    @Test func everyIntegerComesBackWhateverTheModelsThink() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            let chances = (0..<60).map { _ in UInt8(random.below(256)) }
            let values = (0..<Int(random.below(80))).map { _ in
                Int64(random.next() >> UInt64(32 + random.below(32)))
                    * (random.below(2) == 0 ? 1 : -1)
            }
            var models = chances.map { BitModel($0) }
            var encoder = RangeEncoder(capacity: 2_048)
            Self.encode(values, &models, &encoder)
            #expect(!encoder.hasOverflowed)
            var others = chances.map { BitModel($0) }
            #expect(Self.decode(values.count, &others, encoder.bytes.array) == values)
            #expect(models == others, "both ends have learnt the same")
        }
    }

    @Test func whatIsExpectedCostsNextToNothing() {
        var models = [BitModel](repeating: BitModel(128), count: 60)
        var encoder = RangeEncoder(capacity: 64)
        Self.encode([Int64](repeating: 0, count: 2_000), &models, &encoder)
        #expect(encoder.count < 12, "2,000 zeros that nobody expected at first")
    }

    @Test func whatDoesNotFitIsSaidNotToFit() {
        var models = [BitModel](repeating: BitModel(128), count: 60)
        var encoder = RangeEncoder(capacity: 16)
        Self.encode((0..<40).map { $0 * 99_999 }, &models, &encoder)
        #expect(encoder.hasOverflowed)
        encoder.reset()
        Self.encode([1], &models, &encoder)
        #expect(!encoder.hasOverflowed)
    }

    @Test func bytesThatNoBitDependsOnAreNoticed() {
        var models = [BitModel](repeating: BitModel(128), count: 60)
        var encoder = RangeEncoder(capacity: 64)
        Self.encode([5, -6, 7], &models, &encoder)
        models = [BitModel](repeating: BitModel(128), count: 60)
        let padded = encoder.bytes.array + [0, 0, 0, 0, 0]
        #expect(Self.decode(3, &models, padded) == nil)
    }

    private static func encode(
        _ values: [Int64], _ models: inout [BitModel], _ encoder: inout RangeEncoder
    ) {
        var span = models.mutableSpan
        for (index, value) in values.enumerated() {
            encoder.encode(value, IntegerModel(first: index % 2 * 30), &span)
        }
        encoder.finish()
    }

    private static func decode(
        _ count: Int, _ models: inout [BitModel], _ bytes: [UInt8]
    ) -> [Int64]? {
        var span = models.mutableSpan
        var decoder = RangeDecoder(bytes.rawBytes)
        let values = (0..<count).map {
            decoder.decode(IntegerModel(first: $0 % 2 * 30), &span)
        }
        return decoder.hasUnreadBytes ? nil : values
    }
}
