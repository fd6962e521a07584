import CairnBasics
import CairnWire

/// One lane of reliable messages on their way in: puts parts together, each chunk once.
///
/// A ring of messages from the oldest that is not done. A message's length is fixed by its first part
/// and with it what may come; bytes in order are appended to the buffer that the application will
/// get, and a bitmap knows which chunks are missing.
struct IncomingLane {
    struct Partial {
        var bytes: [UInt8] = []
        /// Negative until the first part came.
        var length = -1
        var missing = ChunkSet(count: 0, isFull: false)
        var missingCount = 0
        var isWhole = false
    }

    private var messages = MessageQueue<Partial>()
    /// The number of the first of `messages`, and the next to deliver of an ordered lane.
    private var first: UInt64 = 0

    /// Takes in what one frame brought.
    /// - Parameter held: what unfinished messages of all lanes cost.
    /// - Returns: where in the ring the message is that this made whole.
    mutating func place(
        _ head: MessagePartHead, _ bytes: RawSpan, window: MessageWindow, held: inout Int
    ) throws(CloseReason) -> Int? {
        guard head.number >= first else { return nil }
        guard head.number &- first < UInt64(window.messages) else {
            throw CloseReason(.overrun, "message outside the window")
        }
        let index = Int(truncatingIfNeeded: head.number &- first)
        while messages.count <= index {
            messages.append(Partial())
            held &+= TransportLimits.messageOverhead
        }
        guard !messages[index].isWhole else { return nil }
        let length = head.part?.length ?? bytes.byteCount
        if messages[index].length < 0 {
            guard length <= TransportLimits.messageBytes else {
                throw CloseReason(.overrun, "message too large")
            }
            held &+= length
            messages[index].begin(length: length)
        }
        guard held <= window.bytes else {
            throw CloseReason(.overrun, "unfinished messages hold too many bytes")
        }
        guard messages[index].length == length else {
            throw CloseReason(.protocolViolation, "a message changed its length")
        }
        try messages[index].take(bytes, firstChunk: head.part?.firstChunk ?? 0)
        return messages[index].isWhole ? index : nil
    }

    /// Hands over a message that is whole, and forgets those at the front that are done.
    mutating func takeWhole(_ index: Int, held: inout Int) -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &messages[index].bytes)
        held &-= bytes.count
        while !messages.isEmpty, messages[0].isWhole {
            messages.removeFirst()
            first &+= 1
            held &-= TransportLimits.messageOverhead
        }
        return bytes
    }

    /// The message whose turn it is in an ordered lane, when it is whole.
    mutating func takeNext(held: inout Int) -> [UInt8]? {
        guard !messages.isEmpty, messages[0].isWhole else { return nil }
        var bytes: [UInt8] = []
        swap(&bytes, &messages[0].bytes)
        messages.removeFirst()
        first &+= 1
        held &-= TransportLimits.messageOverhead &+ bytes.count
        return bytes
    }
}

extension IncomingLane.Partial {
    fileprivate mutating func begin(length: Int) {
        self.length = length
        missingCount = MessagePartHead.chunkCount(length)
        missing = ChunkSet(count: missingCount, isFull: true)
        // Untouched memory costs nothing: pages come as bytes do.
        bytes.reserveCapacity(length)
    }

    /// Takes in chunks from `firstChunk` on.
    fileprivate mutating func take(_ part: RawSpan, firstChunk: Int) throws(CloseReason) {
        let size = MessagePartHead.chunkBytes
        let start = firstChunk &* size
        let end = start &+ part.byteCount
        guard end <= length, end == length || part.byteCount % size == 0,
            part.byteCount > 0 || length == 0
        else { throw CloseReason(.protocolViolation, "a part that is not chunks of its message") }
        let chunks = firstChunk..<firstChunk &+ MessagePartHead.chunkCount(part.byteCount)
        let added = missing.remove(chunks)
        guard added > 0 else { return }
        missingCount &-= added
        isWhole = missingCount == 0
        write(part, at: start, end: end)
    }

    private mutating func write(_ part: RawSpan, at start: Int, end: Int) {
        if start > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: start &- bytes.count))
        } else if start < bytes.count, end > bytes.count {
            bytes.removeLast(bytes.count &- start)
        }
        unsafe part.withUnsafeBytes { source in
            if start == bytes.count {
                unsafe bytes.append(contentsOf: source)
            } else {
                unsafe bytes.withUnsafeMutableBytes { target in
                    // Safe: `end` is at most `bytes.count` here, and source is `end - start` long.
                    unsafe target.baseAddress!.advanced(by: start)
                        .copyMemory(from: source.baseAddress!, byteCount: source.count)
                }
            }
        }
    }
}
