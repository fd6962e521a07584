// The packet numbers that arrived: a replay window and the source of acknowledgements in one
// bitmap. A number is asked for before a packet is opened and entered only after its seal held, so
// that a forged packet can move nothing (RFC 6479 describes the ring of words).

package import CairnBasics
import CairnWire

package struct ReceivedPackets: ~Copyable {
    private let pin = Pin()
    private static let wordCount = TransportLimits.replayWindow / 64
    /// Numbers older than this below the largest are no longer acknowledged: nothing is known of them.
    private static let acknowledgedDepth = UInt64(TransportLimits.replayWindow)

    private var words = InlineArray<16, UInt64>(repeating: 0)
    /// One more than the largest number entered; the first number before that.
    private(set) var next: UInt64
    private var largestAt = Instant.zero
    /// Numbers below this are not told again, and those that will not be after the next round trip.
    private var toldBelow: UInt64 = 0
    private var nextToldBelow: UInt64 = 0
    /// The last packet that told, and the one that is watched on its way with the largest number in
    /// it; no packet has the highest number of all.
    private var toldLastIn = UInt64.max
    private var watched = UInt64.max
    private var watchedLargest: UInt64 = 0
    /// True when something arrived that the peer wants acknowledged and was not yet.
    private(set) var owesAcknowledgement = false

    /// - Parameter firstNumber: the lowest number that the peer uses.
    package init(firstNumber: UInt64) { next = firstNumber }

    /// True when `number` is new and not older than the window; the highest of all is none.
    package func isFresh(_ number: UInt64) -> Bool {
        if number >= next { return number <= SealLimits.lastNumber }
        guard next &- 1 &- number < UInt64(TransportLimits.replayWindow) else { return false }
        return words[Self.word(number)] & Self.bit(number) == 0
    }

    /// Enters a number whose packet was genuine.
    /// - Precondition: `isFresh(number)`.
    package mutating func record(_ number: UInt64, now: Instant) {
        if number >= next {
            forget(next...number)
            next = number &+ 1  // Safe: fresh numbers are at most `SealLimits.lastNumber`.
            largestAt = now
        }
        words[Self.word(number)] |= Self.bit(number)
    }

    /// Notes that the peer wants to hear of what it sent.
    mutating func owe() { owesAcknowledgement = true }
    mutating func settle() { owesAcknowledgement = false }

    /// Notes that a packet being filled has an acknowledgement in it.
    package mutating func told(in packet: UInt64) { toldLastIn = packet }

    /// Notes that a packet was sent that the peer will acknowledge.
    package mutating func sent(_ packet: UInt64) {
        guard toldLastIn == packet, watched == .max else { return }
        watched = packet
        watchedLargest = next &- 1
    }

    /// Notes that the peer has a packet. What it told needs no repetition after another round trip,
    /// but for the newest numbers, any of which may still arrive (RFC 9000, section 13.2.4).
    package mutating func heard(_ packet: UInt64) {
        guard packet == watched else { return }
        watched = .max
        toldBelow = nextToldBelow
        let margin = TransportLimits.lateNumbers
        if watchedLargest > margin { nextToldBelow = watchedLargest &- margin }
    }

    /// Notes that a packet was lost, and with it what it told.
    package mutating func unheard(_ packet: UInt64) {
        if packet == watched { watched = .max }
    }

    /// Clears the bits that numbers of this range will reuse.
    private mutating func forget(_ range: ClosedRange<UInt64>) {
        if range.upperBound &- range.lowerBound >= UInt64(TransportLimits.replayWindow) {
            words = InlineArray<16, UInt64>(repeating: 0)
            return
        }
        for number in range { words[Self.word(number)] &= ~Self.bit(number) }
    }

    /// Writes an acknowledgement frame's body; see `AcknowledgementReader` for its layout.
    /// - Precondition: something was received.
    package func encodeAcknowledgement(into writer: inout ByteWriter, now: Instant)
        throws(CodecError)
    {
        var number = next &- 1
        // Safe: what was told was below `next`.
        var left = min(Self.acknowledgedDepth, next &- toldBelow)
        try writer.putVarint(number)
        try writer.putVarint(UInt64(clamping: (now - largestAt).nanoseconds / 1_000))
        var run = stretch(from: number, received: true, atMost: left)
        try writer.putVarint(run &- 1)
        for _ in 1..<TransportLimits.acknowledgedRanges {
            left &-= run
            guard left > 1 else { return }
            number &-= run
            let gap = stretch(from: number, received: false, atMost: left)
            guard gap < left else { return }
            number &-= gap
            left &-= gap
            run = stretch(from: number, received: true, atMost: left)
            try writer.putVarint(gap &- 1)
            try writer.putVarint(run &- 1)
        }
    }

    /// How many numbers in a row, downwards from `number`, were all received or all not.
    private func stretch(from number: UInt64, received: Bool, atMost limit: UInt64) -> UInt64 {
        var counted: UInt64 = 0
        while counted < limit {
            let current = number &- counted
            // The word's bits at and below the current number, moved to its top.
            var word = words[Self.word(current)] << (63 &- current & 63)
            if received { word = ~word }
            let inWord = current & 63 &+ 1
            let same = min(UInt64(word.leadingZeroBitCount), inWord)
            counted &+= same
            if same < inWord { break }
        }
        return min(counted, limit)
    }

    private static func word(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: number >> 6) & (wordCount &- 1)
    }
    private static func bit(_ number: UInt64) -> UInt64 { 1 << (number & 63) }
}
