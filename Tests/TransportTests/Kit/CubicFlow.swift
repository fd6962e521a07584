import CairnBasics
import CairnTransport
import Foundation

/// A TCP download to compete with: CUBIC's window (RFC 9438) over packets of 1,200 bytes, slow start,
/// three duplicate acknowledgements, one reduction a round trip, and a timeout. No SACK and no pacing.
struct CubicFlow {
    static let source = NetworkAddress(ipv4: 0x0a00_0002, port: 80)
    static let sink = NetworkAddress(ipv4: 0x0a00_0300, port: 80)
    private static let packetBytes = 1_200
    private static let timeout = TimeSpan.seconds(1)

    var arrivedBytes = 0
    private(set) var window = 10.0
    private var threshold = Double.infinity
    private var largestWindow = 0.0
    private var epoch: Instant?
    private var roundTrip = 0.05
    private var next: UInt64 = 0
    private var largest: UInt64 = 0
    /// Packets under way and when they left.
    private var flight: [UInt64: Instant] = [:]
    private var recoveryEnd: UInt64 = 0
    private var heardAt = Instant.zero
    private var now = Instant.zero

    var nextEvent: Instant { flight.isEmpty ? now : heardAt + Self.timeout }

    mutating func step(now: Instant, into link: inout LinkConditioner) {
        self.now = now
        if !flight.isEmpty, now - heardAt > Self.timeout {
            flight = [:]
            threshold = max(window / 2, 2)
            window = 1
            epoch = nil
            heardAt = now
        }
        var bytes = [UInt8](repeating: 0, count: Self.packetBytes)
        while Double(flight.count) < window {
            withUnsafeBytes(of: next.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
            if flight.isEmpty { heardAt = now }
            flight[next] = now
            next += 1
            link.send(bytes, from: Self.source, to: Self.sink, now: now)
        }
    }

    mutating func acknowledged(_ bytes: [UInt8], now: Instant) {
        let number = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        heardAt = now
        guard let sentAt = flight.removeValue(forKey: number) else { return }
        roundTrip += ((now - sentAt).seconds - roundTrip) / 8
        largest = max(largest, number)
        for lost in flight.keys where lost + 3 <= largest {
            flight[lost] = nil
            reduce(lost, now: now)
        }
        grow(now: now)
    }

    private mutating func reduce(_ lost: UInt64, now: Instant) {
        guard lost >= recoveryEnd else { return }
        recoveryEnd = next
        largestWindow = window < largestWindow ? window * 0.85 : window
        window = max(window * 0.7, 2)
        threshold = window
        epoch = now
    }

    private mutating func grow(now: Instant) {
        if window < threshold {
            window += 1
            return
        }
        if epoch == nil {
            epoch = now
            largestWindow = window
        }
        let passed = (now - epoch!).seconds + roundTrip
        let rise = pow(largestWindow * 0.3 / 0.4, 1.0 / 3)
        let cubic = 0.4 * pow(passed - rise, 3) + largestWindow
        // As fast as Reno where that is faster (section 4.3).
        let reno = largestWindow * 0.7 + 3 * 0.3 / 1.7 * passed / roundTrip
        let target = min(max(cubic, reno), window * 1.5)
        if target > window { window += (target - window) / window }
    }
}
