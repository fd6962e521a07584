import CairnBasics

/// The blocks of one tick, one after the other in one array that keeps its room.
struct BlockArena: ~Copyable {
    private var storage: [UInt8] = []
    private var used = 0

    /// Forgets all blocks.
    mutating func removeAll() { used = 0 }

    /// The bytes of a block.
    @_lifetime(borrow self)
    func bytes(_ range: Range<Int>) -> RawSpan {
        // Safe: every bit pattern of a byte is a byte.
        unsafe storage.span.bytes.extracting(range)
    }

    /// Writes a block of at most `limit` bytes at the end.
    ///
    /// - Returns: Where it is; nil, and nothing has changed, when `body` throws.
    mutating func append(
        limit: Int = BlockLimits.byteCount, _ body: (inout ByteWriter) throws(CodecError) -> Void
    ) -> Range<Int>? {
        if storage.count < used + limit {
            let extra = max(64 * BlockLimits.byteCount, storage.count)
            storage.append(contentsOf: repeatElement(0, count: extra))
        }
        let start = used
        guard let count = Self.write(into: &storage, start..<start + limit, body) else {
            return nil
        }
        used += count
        return start..<start + count
    }

    private static func write(
        into storage: inout [UInt8], _ range: Range<Int>,
        _ body: (inout ByteWriter) throws(CodecError) -> Void
    ) -> Int? {
        var span = storage.mutableSpan
        // Safe: every bit pattern of a byte is a byte.
        var bytes = unsafe span.mutableBytes
        var writer = ByteWriter(bytes._mutatingExtracting(range))
        do throws(CodecError) {
            try body(&writer)
        } catch {
            return nil
        }
        return writer.count
    }
}
