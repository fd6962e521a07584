public import CairnBasics

/// Reads the body of an acknowledgement frame: which packet numbers the peer has received.
///
///     largest (varint)   delay in µs (varint)   run (varint)   { gap (varint)   run (varint) } …
///
/// A run is one less than how many numbers in a row arrived, downwards from `largest` and then from
/// where the gap ends; a gap is one less than how many did not (RFC 9000, section 19.3.1). The
/// frame ends where its body does. Total: a run or gap that reaches below zero is malformed.
public struct AcknowledgementReader: ~Escapable {
    /// More ranges than this no honest receiver reports; see `AcknowledgementWriter`.
    public static let maximumRanges = 32

    public let largest: UInt64
    public let delay: TimeSpan
    private var reader: ByteReader
    private var next: UInt64
    private var rangeCount = 0

    @_lifetime(copy body)
    public init(_ body: RawSpan) throws(CodecError) {
        var reader = ByteReader(body)
        largest = try reader.getVarint(atMost: SealLimits.lastNumber)
        delay = .microseconds(Int64(try reader.getVarint(atMost: 1 << 32)))
        self.reader = reader
        next = largest
    }

    /// The next range of received numbers, newest first; nil after the last.
    @_lifetime(self: copy self)
    public mutating func nextRange() throws(CodecError) -> ClosedRange<UInt64>? {
        if rangeCount > 0 {
            guard reader.remaining > 0 else { return nil }
            let gap = try reader.getVarint(atMost: next)
            guard next &- gap >= 2 else { throw .malformed }
            next &-= gap &+ 2  // Safe: the gap is at least two below `next`.
        }
        guard rangeCount < Self.maximumRanges else { throw .tooLarge }
        rangeCount &+= 1
        let run = try reader.getVarint(atMost: next)
        let top = next
        next &-= run
        return next...top
    }
}
