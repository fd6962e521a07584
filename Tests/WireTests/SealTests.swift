import CairnBasics
import CairnWire
import Testing

@Suite struct SealTests {
    private func keys(_ cipher: Cipher) throws -> SessionKeys? {
        // A hello that offers one cipher gets that cipher, if this processor has it.
        guard Cipher.supported & (1 << cipher.rawValue) != 0 else { return nil }
        return try JoinScene(ciphers: 1 << cipher.rawValue | 1).answer()?.1
    }

    @Test(arguments: Cipher.allCases)
    func whatOneEndSealsTheOtherOpens(cipher: Cipher) throws {
        guard let keys = try keys(cipher) else { return }
        var sealer = keys.clientSealer()
        var opener = keys.clientOpener()
        for count in [0, 1, 15, 16, 17, 400, 1_171] {
            let frames = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let number = sealer.nextNumber + 3
            let packet = sealed(frames, header: [2, 9, 9], number: number, by: &sealer)
            #expect(count < 16 || !packet.contains(frames))
            let back = opened(packet, headerBytes: 3, number: number, by: &opener)
            #expect(back == frames)
        }
    }

    @Test func bothImplementationsOfAESAgree() throws {
        var random = SeededRandom(seed: 7)
        func noise(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        for count in Array(0...260) + [767, 768, 769, 1_023, 1_171, 8_952, 65_000] {
            let key = noise(32)
            let header = noise(1 + Int(random.below(13)))
            let number = random.next() >> random.below(64)
            let clear = noise(count)
            let turned = Int(random.below(UInt32((header.count + count + 16) * 8)))
            let agrees = aesImplementationsAgree(
                key: key.rawBytes, number: number, header: header, clear: clear, turned: turned)
            #expect(agrees ?? true, "\(count) bytes, number \(number)")
        }
    }

    @Test(arguments: Cipher.allCases)
    func noBitOfAPacketItsHeaderOrItsNumberCanChange(cipher: Cipher) throws {
        guard let keys = try keys(cipher) else { return }
        var sealer = keys.serverSealer()
        let packet = sealed([1, 2, 3, 4], header: [0x84, 5], number: 6, by: &sealer)
        var opener = keys.serverOpener()
        var other = keys.clientOpener()
        for bit in 0..<packet.count * 8 {
            let back = opened(flipped(packet, bit: bit), headerBytes: 2, number: 6, by: &opener)
            #expect(back == nil)
        }
        for count in 0..<packet.count {
            let cut = Array(packet.prefix(count))
            let back = opened(cut, headerBytes: 2, number: 6, by: &opener)
            #expect(back == nil)
        }
        let underAnotherNumber = opened(packet, headerBytes: 2, number: 7, by: &opener)
        let byTheOtherDirection = opened(packet, headerBytes: 2, number: 6, by: &other)
        let whole = opened(packet, headerBytes: 2, number: 6, by: &opener)
        #expect(underAnotherNumber == nil && byTheOtherDirection == nil)
        #expect(whole == [1, 2, 3, 4])
    }
}

extension [UInt8] {
    fileprivate func contains(_ other: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}

@Suite struct SeededEntropyTests {
    @Test func theSameSeedGivesTheSameBytesAndNoneTwice() {
        var one = SeededEntropy(seed: seedBytes(1))
        var two = SeededEntropy(seed: seedBytes(1))
        var other = SeededEntropy(seed: seedBytes(2))
        var seen: Set<UInt64> = []
        for _ in 0..<10_000 {
            let word = one.word()
            #expect(word == two.word())
            seen.insert(word)
            seen.insert(other.word())
        }
        #expect(seen.count == 20_000)
        #expect(one.bytes(40).count == 40)
    }
}
