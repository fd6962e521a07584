import CairnBasics
import CairnReplication
import Testing
import VectorKit

/// The range coder alone, as `protocol/vectors` has it: what is written, one line each, and its bytes.
@Suite struct CoderVectorTests {
    /// The chances that the models begin with: one of a bit, thirty of an integer.
    private static let chances: [UInt8] = [200] + (0..<30).map { UInt8(20 + 7 * $0) }

    @Test func symbolsBecomeTheBytesOfTheirVector() throws {
        var random = SeededRandom(seed: 14)
        var fields: [String: String] = ["chances": hex(Self.chances)]
        for (name, count) in [("nothing", 0), ("few", 9), ("many", 400)] {
            let symbols = (0..<count).map { _ in Symbol(&random) }
            fields["symbols, \(name)"] = symbols.map(\.words).joined(separator: "\n")
            let bytes = Self.encode(symbols)
            fields["bytes, \(name)"] = hex(bytes)
            #expect(Self.decode(bytes, like: symbols) == symbols)
        }
        // A run of what is expected, whose bytes end in zeros that are left out, and a carry.
        let calm = [Symbol](repeating: .bit(false), count: 300)
        fields["bytes, 300 zeros"] = hex(Self.encode(calm))
        let extremes = [Int64(0), 1, -1, 4_294_967_295, -4_294_967_295].map { Symbol.integer($0) }
        fields["bytes, extremes"] = hex(Self.encode(extremes))
        #expect(Self.decode(Self.encode(extremes), like: extremes) == extremes)
        try check(fields, againstVectors: "world-coder")
    }

    private static func encode(_ symbols: [Symbol]) -> [UInt8] {
        var models = chances.map { BitModel($0) }
        var span = models.mutableSpan
        var encoder = RangeEncoder(capacity: 4_096)
        let integer = IntegerModel(first: 1)
        for symbol in symbols {
            switch symbol {
            case .bit(let bit): encoder.encode(bit, &span[0])
            case .integer(let value): encoder.encode(value, integer, &span)
            case .plain(let value, let bits): encoder.encode(value, plainBits: bits)
            }
        }
        encoder.finish()
        return encoder.bytes.array
    }

    private static func decode(_ bytes: [UInt8], like symbols: [Symbol]) -> [Symbol] {
        var models = chances.map { BitModel($0) }
        var span = models.mutableSpan
        var decoder = RangeDecoder(bytes.rawBytes)
        var decoded: [Symbol] = []
        for symbol in symbols {
            switch symbol {
            case .bit: decoded.append(.bit(decoder.decode(&span[0])))
            case .integer: decoded.append(.integer(decoder.decode(IntegerModel(first: 1), &span)))
            case .plain(_, let bits): decoded.append(.plain(decoder.decode(plainBits: bits), bits))
            }
        }
        return decoder.hasUnreadBytes ? [] : decoded
    }
}

/// Something that is written.
private enum Symbol: Equatable {
    case bit(Bool)
    case integer(Int64)
    case plain(UInt32, Int)

    init(_ random: inout SeededRandom) {
        switch random.below(4) {
        case 0, 1: self = .bit(random.below(4) == 0)
        case 2:
            let bits = random.below(random.below(3) == 0 ? 33 : 6)
            let magnitude = Int64(random.next() & ((1 << UInt64(bits)) - 1))
            self = .integer(random.below(2) == 0 ? magnitude : -magnitude)
        default:
            let bits = Int(1 + random.below(16))
            self = .plain(random.below(1 << UInt32(bits)), bits)
        }
    }

    var words: String {
        switch self {
        case .bit(let bit): "bit \(bit ? 1 : 0)"
        case .integer(let value): "integer \(value)"
        case .plain(let value, let bits): "plain \(value) in \(bits)"
        }
    }
}
