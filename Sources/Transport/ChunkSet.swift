/// Some of a message's chunks, as a bitmap: which came, which are still to go.
///
/// The first 64 lie in the struct, so that messages up to 8 KiB allocate nothing here; the largest has
/// 256 bytes of bitmap. Ranges are handled by the word.
struct ChunkSet {
    private var first: UInt64
    private var rest: [UInt64]

    /// The set of all of `count` chunks, or of none.
    init(count: Int, isFull: Bool) {
        first = isFull ? Self.low(min(count, 64)) : 0
        guard count > 64 else {
            rest = []
            return
        }
        let words = (count &- 1) / 64
        rest = [UInt64](repeating: isFull ? .max : 0, count: words)
        if isFull { rest[words &- 1] = Self.low(count &- words &* 64) }
    }

    /// Adds a range, or those of it that are in `other`.
    /// - Returns: how many of those were not in the set.
    mutating func insert(_ range: Range<Int>, from other: ChunkSet? = nil) -> Int {
        var added = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let mask = Self.mask(at, range.upperBound) & (other?.word(at / 64) ?? .max)
            let before = word(at / 64)
            added &+= (mask & ~before).nonzeroBitCount
            setWord(at / 64, before | mask)
            at = (at / 64 &+ 1) &* 64
        }
        return added
    }

    /// Takes a range out.
    /// - Returns: how many of it were in the set.
    mutating func remove(_ range: Range<Int>) -> Int {
        var removed = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let mask = Self.mask(at, range.upperBound)
            let before = word(at / 64)
            removed &+= (mask & before).nonzeroBitCount
            setWord(at / 64, before & ~mask)
            at = (at / 64 &+ 1) &* 64
        }
        return removed
    }

    /// The first run of chunks in the set at or after `start`, of at most `limit`.
    /// - Returns: nil when nothing is left there.
    func run(from start: Int, atMost limit: Int) -> Range<Int>? {
        guard let begin = next(from: start, isIn: true) else { return nil }
        let end = next(from: begin, isIn: false) ?? wordCount &* 64
        return begin..<min(end, begin &+ limit)
    }

    /// The first chunk at or after `start` that is in the set, or that is not.
    private func next(from start: Int, isIn: Bool) -> Int? {
        var at = start
        while at / 64 < wordCount {
            let bits = (isIn ? word(at / 64) : ~word(at / 64)) & ~Self.low(at % 64)
            if bits != 0 { return at / 64 &* 64 &+ bits.trailingZeroBitCount }
            at = (at / 64 &+ 1) &* 64
        }
        return nil
    }

    private var wordCount: Int { 1 &+ rest.count }
    private func word(_ index: Int) -> UInt64 { index == 0 ? first : rest[index &- 1] }
    private mutating func setWord(_ index: Int, _ value: UInt64) {
        if index == 0 { first = value } else { rest[index &- 1] = value }
    }

    /// The bits of `start`'s word from `start` on and below `end`.
    private static func mask(_ start: Int, _ end: Int) -> UInt64 {
        let base = start / 64 &* 64
        return low(min(64, end &- base)) & ~low(start &- base)
    }

    /// The lowest `count` bits, 0 to 64.
    private static func low(_ count: Int) -> UInt64 { count >= 64 ? .max : (1 << count) &- 1 }
}
