import CairnBasics
import CairnWire

/// One lane of reliable messages on their way out: an ordered stream, or the unordered messages of
/// one priority.
///
/// A message keeps the one buffer it came in. What is still to go and what has not been acknowledged
/// are two bitmaps of its chunks, so a fragment costs no record of its own here: cutting, losing and
/// acknowledging a run of chunks are a few word operations, whatever sizes the packets have.
struct OutgoingLane {
    struct Pending {
        var bytes: [UInt8]
        let priority: Priority
        let chunkCount: Int
        /// Chunks that wait to be sent, and how many.
        var waiting: ChunkSet
        var waitingCount: Int
        /// No chunk before this one waits.
        var cursor = 0
        var unacknowledged: ChunkSet
        var unacknowledgedCount: Int

        init(_ bytes: [UInt8], priority: Priority) {
            self.bytes = bytes
            self.priority = priority
            chunkCount = MessagePartHead.chunkCount(bytes.count)
            waiting = ChunkSet(count: chunkCount, isFull: true)
            unacknowledged = waiting
            waitingCount = chunkCount
            unacknowledgedCount = chunkCount
        }

        /// What it counts for in windows and caps.
        var cost: Int { bytes.count &+ TransportLimits.messageOverhead }
    }

    /// What a packet carries of a message.
    struct Cut {
        let number: UInt64
        let chunks: Range<Int>
        let bytes: Range<Int>
        /// Nil when it is the whole message.
        let part: MessagePartHead.Part?
    }

    private(set) var messages = MessageQueue<Pending>()
    /// The number of the first of `messages`.
    private var first: UInt64 = 0
    /// No message before this one has anything to send.
    private var cursor = 0

    mutating func append(_ message: Pending) { messages.append(message) }

    /// The message whose turn it is; nil when nothing waits within the window.
    func turn(window: Int) -> Int? {
        cursor < min(messages.count, window) ? cursor : nil
    }

    /// Chooses what of a message fits a frame body of `room` bytes.
    ///
    /// A long message is not cut into a part below `TransportLimits.smallestPart` for a packet's last
    /// bytes, unless that is all there is to send of it.
    func cut(_ index: Int, room: Int) -> Cut? {
        let number = first &+ UInt64(index)
        let chunkCount = messages[index].chunkCount
        let isUntouched = messages[index].waitingCount == chunkCount
        let length = messages[index].bytes.count
        let plain = MessagePartHead(lane: 0, number: number).byteCount
        if isUntouched, length &+ plain <= room {
            return Cut(number: number, chunks: 0..<chunkCount, bytes: 0..<length, part: nil)
        }
        let size = MessagePartHead.chunkBytes
        let cursor = messages[index].cursor
        guard let wanted = messages[index].waiting.run(from: cursor, atMost: chunkCount)
        else { return nil }
        let part = MessagePartHead.Part(length: length, firstChunk: wanted.lowerBound)
        let head = MessagePartHead(lane: 0, number: number, part: part).byteCount
        let start = wanted.lowerBound &* size
        let end = min(wanted.upperBound &* size, length)
        if head &+ end &- start <= room {
            return Cut(number: number, chunks: wanted, bytes: start..<end, part: part)
        }
        let fitting = (room &- head) / size
        guard fitting &* size >= TransportLimits.smallestPart else { return nil }
        return Cut(
            number: number, chunks: wanted.lowerBound..<wanted.lowerBound &+ fitting,
            bytes: start..<start &+ fitting &* size, part: part)
    }

    /// Notes that a cut of the message at `index` is in a packet.
    mutating func took(_ cut: Cut, of index: Int) {
        let taken = messages[index].waiting.remove(cut.chunks)
        messages[index].waitingCount &-= taken
        messages[index].cursor = cut.chunks.upperBound
        skipSettled()
    }

    /// Chunks arrived.
    /// - Parameter isOrdered: of an ordered lane, a message that arrived is counted until all before
    ///   it have, since the receiver holds it so long.
    /// - Returns: what no longer counts for windows and caps.
    mutating func acknowledged(_ number: UInt64, _ chunks: Range<Int>, isOrdered: Bool) -> Int {
        guard number >= first, number &- first < UInt64(messages.count) else { return 0 }
        let index = Int(truncatingIfNeeded: number &- first)
        let arrived = messages[index].unacknowledged.remove(chunks)
        messages[index].unacknowledgedCount &-= arrived
        let sparedAgain = messages[index].waiting.remove(chunks)
        messages[index].waitingCount &-= sparedAgain
        var freed = 0
        if !isOrdered, messages[index].unacknowledgedCount == 0 {
            freed = messages[index].bytes.count
            messages[index].bytes = []
        }
        while !messages.isEmpty, messages[0].unacknowledgedCount == 0 {
            freed &+= messages[0].cost
            messages[0].bytes = []
            messages.removeFirst()
            first &+= 1
            cursor = max(0, cursor &- 1)
        }
        if sparedAgain > 0 { skipSettled() }
        return freed
    }

    /// Chunks did not arrive: those that no other packet brought wait again.
    mutating func lost(_ number: UInt64, _ chunks: Range<Int>) {
        guard number >= first, number &- first < UInt64(messages.count) else { return }
        let index = Int(truncatingIfNeeded: number &- first)
        let unacknowledged = messages[index].unacknowledged
        let again = messages[index].waiting.insert(chunks, from: unacknowledged)
        guard again > 0 else { return }
        messages[index].waitingCount &+= again
        messages[index].cursor = min(messages[index].cursor, chunks.lowerBound)
        cursor = min(cursor, index)
    }

    private mutating func skipSettled() {
        while cursor < messages.count, messages[cursor].waitingCount == 0 { cursor &+= 1 }
    }
}
