import CairnBasics

/// How many bytes may be under way: NewReno as RFC 9002, section 7, has it, with a high floor.
///
/// The floor of ten packets per round trip is what a world at 20 Hz needs to stay alive over a bad
/// radio link; it is also QUIC's initial window, so it adds no more than joining does.
struct CongestionWindow {
    private static let datagram = DatagramBatch.datagramBytes
    static let floor = 10 * datagram
    static let ceiling = TransportLimits.sentPackets * datagram

    private(set) var bytes = floor
    private var threshold = ceiling
    /// Losses of packets below this number belong to a reduction already made.
    private var recoveryEnd: UInt64 = 0

    /// A packet arrived. Grows only when the window was in use, else it would measure nothing.
    mutating func acknowledged(_ byteCount: Int, number: UInt64, inFlight: Int) {
        guard number >= recoveryEnd, inFlight &* 2 >= bytes else { return }
        if bytes < threshold {
            bytes &+= byteCount
        } else {
            bytes &+= Self.datagram &* byteCount / bytes
        }
        bytes = min(bytes, Self.ceiling)
    }

    /// A packet was lost: halves once per round trip.
    mutating func lost(number: UInt64, next: UInt64) {
        guard number >= recoveryEnd else { return }
        recoveryEnd = next
        threshold = max(bytes / 2, Self.floor)
        bytes = threshold
    }

    /// Two probes in a row went unanswered (RFC 9002, section 7.6): start again.
    mutating func collapse(next: UInt64) {
        recoveryEnd = next
        threshold = max(bytes / 2, Self.floor)
        bytes = Self.floor
    }
}
