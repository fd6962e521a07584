import CairnBasics
import Testing

@Suite struct BytesRoundTripTests {
    @Test func everyVarintLengthComesBackAsItWasWritten() throws {
        for shift in 0..<64 {
            for value in [UInt64(1) << shift, (UInt64(1) << shift) - 1, UInt64.max >> shift] {
                let bytes = try encodeBytes(capacity: 10) { (writer) throws(CodecError) in
                    try writer.putVarint(value)
                }
                var reader = ByteReader(bytes.rawBytes)
                #expect(try reader.getVarint() == value)
                #expect(reader.remaining == 0)
            }
        }
    }

    @Test func anOverlongVarintIsRefused() {
        let bytes: [UInt8] = [0x80, 0x00]
        var reader = ByteReader(bytes.rawBytes)
        #expect(throws: CodecError.malformed) { try reader.getVarint() }
    }

    @Test func aWriterThatOverflowsLeavesItsCountAlone() throws {
        let bytes = try encodeBytes(capacity: 3) { (writer) throws(CodecError) in
            try writer.put(UInt16(7))
            do throws(CodecError) { try writer.put(UInt32(1)) } catch {}
            do throws(CodecError) { try writer.putVarint(1 << 20) } catch {}
            do throws(CodecError) { try writer.putText("long") } catch {}
        }
        #expect(bytes == [7, 0])
    }

    @Test func illFormedTextIsRefused() {
        let bytes: [UInt8] = [2, 0xc3, 0x28]
        var reader = ByteReader(bytes.rawBytes)
        #expect(throws: CodecError.malformed) { try reader.getText(atMost: 10) }
    }
}

@Suite struct FlatMapMatchesDictionaryTests {
    @Test(arguments: 0..<20)
    func longSeededRunsAgreeWithDictionary(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var map = FlatMap<Int>()
        var model: [UInt64: Int] = [:]
        for step in 0..<5_000 {
            let key = UInt64(random.below(300)) << 32
            if random.chance(Ratio(2, in: 3)) {
                map[key] = step
                model[key] = step
            } else {
                #expect(map.remove(key) == model.removeValue(forKey: key))
            }
            #expect(map.count == model.count)
        }
        #expect(map.sortedKeys == model.keys.sorted())
        for (key, value) in model { #expect(map[key] == value) }
    }
}
