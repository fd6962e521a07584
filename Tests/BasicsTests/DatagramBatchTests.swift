// What a batch holds comes out as it went in, whatever the sizes, and it knows when it is full.

import CairnBasics
import Testing

@Suite struct ABatchKeepsDatagramsOfAnySizeTests {
    static let address = NetworkAddress(ipv4: 0x7f00_0001, port: 9)

    @Test(arguments: 1...20)
    func whatIsAppendedIsReadBack(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var batch = DatagramBatch(capacity: 40, byteCapacity: 100_000)
        for _ in 0..<3 {
            var expected: [[UInt8]] = []
            while true {
                let limit: UInt32 = random.below(4) == 0 ? 9_000 : 1_200
                let size = Int(random.below(limit))
                guard batch.hasRoom(for: 1, of: size) else { break }
                let bytes = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let address = NetworkAddress(ipv4: 1, port: UInt16(expected.count))
                if random.below(2) == 0 {
                    batch.append(bytes.rawBytes, to: address)
                } else {
                    batch.append(byteCount: size, to: address) { span in
                        for index in 0..<size {
                            span.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
                        }
                    }
                }
                expected.append(bytes)
            }
            #expect((0..<batch.count).map { batch.datagram($0) } == expected)
            #expect((0..<batch.count).map { batch.byteCount($0) } == expected.map(\.count))
            #expect((0..<batch.count).allSatisfy { Int(batch.address($0).port) == $0 })
            #expect(batch.byteCount == expected.reduce(0) { $0 + $1.count })
            batch.removeAll()
        }
    }

    @Test func itIsFullWhenCountOrBytesAreUsedUp() {
        var few = DatagramBatch(capacity: 2)
        #expect(few.room == 2_400 && few.hasRoom(for: 2) && !few.hasRoom(for: 3))
        few.append([1].rawBytes, to: Self.address)
        #expect(!few.isFull && few.room == 2_399)
        few.append(RawSpan(), to: Self.address)
        #expect(few.isFull && few.room == 0 && !few.hasRoom(for: 1, of: 0))
        few.removeAll()
        #expect(few.isEmpty && few.room == 2_400)

        var heavy = DatagramBatch(capacity: 10, byteCapacity: 200_000)
        #expect(heavy.room == DatagramBatch.maximumDatagramBytes)
        let large = [UInt8](repeating: 1, count: DatagramBatch.maximumDatagramBytes)
        for _ in 0..<3 { heavy.append(large.rawBytes, to: Self.address) }
        #expect(heavy.room == 200_000 - 3 * 65_507 && !heavy.isFull)
        #expect(heavy.hasRoom(for: 2, of: 1_700) && !heavy.hasRoom(for: 3, of: 1_700))
    }

    @Test func whatIsLargerThanItsRoomMakesItGrowAndFull() {
        var batch = DatagramBatch(capacity: 8)
        batch.append([1, 2, 3].rawBytes, to: Self.address)
        let large = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
        batch.append(large.rawBytes, to: Self.address)
        #expect(batch.isFull && batch.room == 0)
        batch.append(large.rawBytes, to: Self.address)
        #expect((0..<3).map { batch.datagram($0) } == [[1, 2, 3], large, large])
        batch.removeAll()
        #expect(!batch.isFull && batch.room == 8 * 1_200)
    }
}
