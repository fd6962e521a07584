import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// Acknowledgements of a link that loses: whatever becomes of them the other end hears of every packet
/// that came, and what it is known to have heard it is not told again and again.
@Suite struct NewsIsToldOnceTests {
    /// An end that receives, and what its peer knows of that.
    private struct Ends: ~Copyable {
        var received = ReceivedPackets(firstNumber: 0)
        var came: Set<UInt64> = []
        var known: Set<UInt64> = []
        var bytes = 0
        var count = 0
        /// Packets on their way to the peer with what they tell, and whether they arrive.
        private var onTheWay: [(number: UInt64, told: [ClosedRange<UInt64>], arrives: Bool)] = []

        mutating func record(_ number: UInt64) {
            guard received.isFresh(number) else { return }
            received.record(number, now: .zero)
            came.insert(number)
        }

        /// Sends a packet with an acknowledgement; what becomes of it shows three packets later.
        mutating func tell(in number: UInt64, arrives: Bool) throws {
            received.told(in: number)
            received.sent(number)
            let body = try body()
            bytes += body.count
            count += 1
            var reader = try AcknowledgementReader(body.rawBytes)
            var told: [ClosedRange<UInt64>] = []
            while let range = try reader.nextRange() { told.append(range) }
            onTheWay.append((number, told, arrives))
            guard onTheWay.count > 3 else { return }
            let oldest = onTheWay.removeFirst()
            guard oldest.arrives else { return received.unheard(oldest.number) }
            for range in oldest.told { known.formUnion(range) }
            received.heard(oldest.number)
        }

        private func body() throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 200)
            let count = try Self.write(received, into: &bytes)
            return Array(bytes.prefix(count))
        }

        private static func write(
            _ received: borrowing ReceivedPackets, into bytes: inout [UInt8]
        ) throws -> Int {
            var span = bytes.mutableSpan
            var writer = unsafe ByteWriter(span.mutableBytes)
            try received.encodeAcknowledgement(into: &writer, now: .zero)
            return writer.count
        }
    }

    @Test(arguments: UInt64(1)...8)
    func underLossAndReorderingEverybodyHearsEverythingInFewBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ends = Ends()
        let last: UInt64 = 4_000
        for number in 0..<last {
            // Some come up to ten numbers late, and one in twenty never.
            if !random.chance(Ratio(1, in: 20)) {
                ends.record(number &- min(number, UInt64(random.below(10))))
            }
            if number % 2 == 1 {
                try ends.tell(in: number, arrives: !random.chance(Ratio(1, in: 20)))
            }
        }
        let owed = ends.came.filter { $0 + 100 < last }
        #expect(owed.count > 2_000)
        #expect(ends.known.isSuperset(of: owed), "\(owed.subtracting(ends.known)) were never told")
        #expect(ends.known.isSubset(of: ends.came), "told of what never came")
        let mean = Double(ends.bytes) / Double(ends.count)
        #expect(mean < 32, "\(mean) bytes an acknowledgement")
    }

    /// Nothing is left out on the strength of an acknowledgement that never came through.
    @Test func whatNobodyHasHeardIsToldAgain() throws {
        var ends = Ends()
        for number in UInt64(0)..<800 where number % 50 != 7 {
            ends.record(number)
            if number % 2 == 1 { try ends.tell(in: number, arrives: number > 780) }
        }
        #expect(ends.known == ends.came.filter { $0 <= (ends.known.max() ?? 0) })
        #expect(ends.known.count > 700)
    }
}
