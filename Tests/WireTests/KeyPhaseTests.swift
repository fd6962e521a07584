import CairnBasics
import CairnWire
import Testing

/// A sealer and an opener that change keys, packet by packet.
@Suite struct KeyPhaseTests {
    private func keys(_ cipher: Cipher = .chaCha20Poly1305) throws -> SessionKeys? {
        guard Cipher.supported & (1 << cipher.rawValue) != 0 else { return nil }
        return try JoinScene(ciphers: 1 << cipher.rawValue | 1).answer()?.1
    }

    private func packet(_ number: UInt64, by sealer: inout Sealer) -> [UInt8] {
        sealed(
            [1, 2, 3, UInt8(truncatingIfNeeded: number)], header: [0x84, 7], number: number,
            by: &sealer)
    }

    @Test(arguments: Cipher.allCases) func everyPhaseHasAKeyOfItsOwn(cipher: Cipher) throws {
        guard let keys = try keys(cipher) else { return }
        var sealer = keys.serverSealer()
        var opener = keys.serverOpener()
        var names: Set<UInt64> = []
        for phase in 0..<20 as Range<UInt64> {
            names.insert(sealer.keyIdentifier)
            let bytes = packet(phase, by: &sealer)
            #expect(bytes[0] == (phase & 1 == 1 ? 0xc4 : 0x84))
            let back = opened(bytes, headerBytes: 2, number: phase, by: &opener)
            #expect(back == [1, 2, 3, UInt8(phase)])
            let state = (opener.phase, opener.keyIdentifier)
            #expect(state == (phase, sealer.keyIdentifier))
            sealer.advance()
        }
        #expect(names.count == 20)
    }

    /// Against the plainest model: which phase each packet is of, and the largest that was opened.
    @Test(arguments: 0..<8) func overtakenPacketsOpenWhileTheirKeyIsHeld(seed: Int) throws {
        let keys = try #require(try keys())
        var random = SeededRandom(seed: UInt64(seed))
        var sealer = keys.serverSealer(firstNumber: 1 << 32 - 500)
        var opener = keys.serverOpener(firstNumber: 1 << 32 - 500)
        var packets: [(number: UInt64, phase: UInt64, bytes: [UInt8])] = []
        var number = sealer.nextNumber
        for _ in 0..<3_000 {
            packets.append((number, sealer.phase, packet(number, by: &sealer)))
            number += UInt64(1 + random.below(3))
            if random.chance(Ratio(1, in: 40)) { sealer.advance() }
        }
        // No packet is more than 20 places from where it was sealed.
        let order = packets.indices.sorted { one, two in
            (one + Int(mix64(UInt64(one)) % 20), one) < (two + Int(mix64(UInt64(two)) % 20), two)
        }
        var phase: UInt64 = 0
        var overtaken = 0
        for index in order {
            let packet = packets[index]
            // Two changes within 20 packets: a packet of the first may begin no phase any more.
            let isOpenable = packet.phase + 1 >= phase && packet.phase <= phase + 1
            let back = opened(packet.bytes, headerBytes: 2, number: packet.number, by: &opener)
            #expect((back != nil) == isOpenable, "phase \(packet.phase) in \(phase)")
            if isOpenable, packet.phase < phase { overtaken += 1 }
            if isOpenable { phase = max(phase, packet.phase) }
            #expect(opener.phase == phase)
            if packet.phase > phase + 1 { return }
        }
        #expect(overtaken > 20 && phase > 40)
    }

    @Test func aForgedPhaseMovesNothing() throws {
        let keys = try #require(try keys())
        var sealer = keys.serverSealer()
        var opener = keys.serverOpener()
        let first = packet(5, by: &sealer)
        let second = packet(6, by: &sealer)
        for _ in 0..<100 {
            let forged = opened(flipped(first, bit: 6), headerBytes: 2, number: 5, by: &opener)
            #expect(forged == nil && opener.phase == 0)
        }
        let back = opened(first, headerBytes: 2, number: 5, by: &opener)
        #expect(back != nil)
        sealer.advance()
        let third = packet(7, by: &sealer)
        let early = opened(third, headerBytes: 2, number: 7, by: &opener, mayAdvance: false)
        #expect(early == nil && opener.phase == 0)
        let late = opened(third, headerBytes: 2, number: 7, by: &opener)
        #expect(late != nil && opener.phase == 1 && opener.holdsPreviousKey)
        opener.forgetPreviousKey()
        let overtaken = opened(second, headerBytes: 2, number: 6, by: &opener)
        #expect(overtaken == nil && !opener.holdsPreviousKey)
    }

    @Test func noPhaseBeginsBelowWhatWasOpened() throws {
        let keys = try #require(try keys())
        var sealer = keys.serverSealer()
        var twin = keys.serverSealer()
        var opener = keys.serverOpener()
        let old = packet(100, by: &sealer)
        twin.advance()
        let new = packet(50, by: &twin)
        let first = opened(old, headerBytes: 2, number: 100, by: &opener)
        let second = opened(new, headerBytes: 2, number: 50, by: &opener)
        #expect(first != nil && second == nil && opener.phase == 0)
    }
}

@Suite struct PacketNumberTests {
    /// RFC 9000, appendix A.3, word for word, with 32 bits.
    private func decoded(largest: UInt64, low: UInt64) -> UInt64 {
        let expected = largest + 1
        let window: UInt64 = 1 << 32
        let half = window / 2
        let candidate = (expected & ~(window - 1)) | low
        if expected >= half, candidate <= expected - half, candidate < (1 << 62) - window {
            return candidate + window
        }
        if candidate > expected + half, candidate >= window { return candidate - window }
        return candidate
    }

    @Test func theNumberNearestToTheExpectedOneIsMeant() {
        var random = SeededRandom(seed: 1)
        let bases: [UInt64] = [0, 1 << 23, 1 << 31, 1 << 32, 3 << 32, 1 << 61]
        for step in 0..<200_000 {
            let base = bases[step % bases.count]
            let largest = base &+ (random.next() % (1 << 20)) &- (base == 0 ? 0 : 1 << 19)
            let near = random.chance(Ratio(1, in: 2)) ? random.next() % (1 << 33) : 3
            let low = UInt32(truncatingIfNeeded: largest &+ near)
            let number = PacketHeader.number(low, expected: largest + 1)
            #expect(number == decoded(largest: largest, low: UInt64(low)))
        }
    }

    @Test func everyNumberComesBackFromItsLow32Bits() {
        let edges: [UInt64] = [0, 1 << 31, 1 << 32, 5 << 32, 1 << 63, SealLimits.lastNumber]
        for edge in edges {
            for number in [edge &- 3, edge &- 1, edge, edge &+ 1]
            where number <= SealLimits.lastNumber {
                for ahead in [UInt64(0), 1, 1_023, 1 << 20, 1 << 30] {
                    for expected in [number &- min(ahead, number), number &+ ahead]
                    where expected >= number || number - expected == ahead {
                        let low = UInt32(truncatingIfNeeded: number)
                        #expect(PacketHeader.number(low, expected: expected) == number)
                    }
                }
            }
        }
    }
}
