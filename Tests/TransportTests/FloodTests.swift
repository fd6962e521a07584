// A flood from anywhere, in virtual time: strangers get less attention each, whoever is connected
// notices nothing, and a newcomer from elsewhere still gets in.

import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct FloodTests {
    private static func noise(_ random: inout SeededRandom, head: [UInt8]) -> [UInt8] {
        head + (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// A first hello that no client wrote.
    private static func strangeHello(_ random: inout SeededRandom) -> [UInt8] {
        var bytes = (0..<1_200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes.replaceSubrange(0..<8, with: [1] + Array("CAIR".utf8) + [1, 1, 3])
        bytes.replaceSubrange(56..<76, with: [UInt8](repeating: 0, count: 20))
        return bytes
    }

    private static func flood(
        _ pair: Pair, steps: Int, perStep: Int, _ datagram: (Int) -> ([UInt8], NetworkAddress)
    ) {
        for _ in 0..<steps {
            for turn in 0..<perStep {
                let (bytes, source) = datagram(turn)
                pair.receiveAtServer(bytes, from: source)
            }
            pair.step()
        }
    }

    private static func anywhere(_ random: inout SeededRandom) -> NetworkAddress {
        NetworkAddress(ipv4: UInt32(truncatingIfNeeded: random.next()) | 1 << 31, port: 9)
    }

    @Test func aFloodBeginsAndEndsOnceHoweverItFlickers() {
        let (pair, _, _) = Pair.connected()
        var random = SeededRandom(seed: 4)
        #expect(!pair.isUnderLoad)
        // 250 a step of 20 ms: 1,250 in 100 ms.
        Self.flood(pair, steps: 10, perStep: 250) { _ in
            (Self.noise(&random, head: [0x77]), Self.anywhere(&random))
        }
        #expect(pair.isUnderLoad)
        for _ in 0..<5 {
            pair.run(for: .seconds(1))
            #expect(pair.isUnderLoad, "a second of peace is a flicker")
            Self.flood(pair, steps: 10, perStep: 250) { _ in
                (Self.noise(&random, head: [0x77]), Self.anywhere(&random))
            }
        }
        pair.run(for: .seconds(3))
        #expect(!pair.isUnderLoad)
    }

    @Test func aCrowdThatJoinsIsNoFlood() {
        let pair = Pair(maximumConnections: 2_000, joinsPerSecond: 10_000)
        for _ in 0..<2_000 { pair.addClient() }
        pair.run { pair.joined.count < 2_000 }
        #expect(pair.joined.count == 2_000)
        #expect(pair.counters.sourcesLimited == 0)
    }

    @Test func aSourceThatFloodsWithHellosIsAnsweredSeldomAndOthersAlways() {
        let (pair, _, _) = Pair.connected()
        var random = SeededRandom(seed: 5)
        let loud = NetworkAddress(ipv4: 0xc633_6401, port: 40_000)
        Self.flood(pair, steps: 50, perStep: 1_000) { turn in
            var source = loud
            source.port = UInt16(1_024 + turn)  // Another port is no other source.
            return (Self.strangeHello(&random), source)
        }
        #expect(pair.isUnderLoad)
        let sent = pair.counters.cookiesSent
        // Peace lasts for the first 100 ms at most, then 50 at once and 50 in the second.
        #expect(sent < 5_000 && pair.counters.sourcesLimited > 44_000)
        let before = pair.joined.count
        pair.addClient()
        let start = pair.now
        while pair.joined.count == before, pair.now - start < .seconds(5) {
            Self.flood(pair, steps: 1, perStep: 1_000) { _ in
                (Self.strangeHello(&random), loud)
            }
        }
        #expect(pair.now - start < .seconds(1), "a newcomer from elsewhere gets in")
    }

    @Test func spoofedSourcesDoNotShutANewcomerOut() {
        let (pair, client, handle) = Pair.connected()
        var random = SeededRandom(seed: 6)
        let before = pair.joined.count
        pair.addClient()
        let start = pair.now
        while pair.joined.count == before, pair.now - start < .seconds(5) {
            Self.flood(pair, steps: 1, perStep: 4_000) { turn in
                let source = Self.anywhere(&random)
                return turn % 2 == 0
                    ? (Self.strangeHello(&random), source)
                    : (Self.noise(&random, head: [0x02]), source)
            }
        }
        #expect(pair.isUnderLoad && pair.now - start < .seconds(1))
        #expect(client.send([1, 2, 3], stream: 0))
        pair.run(for: .milliseconds(200))
        #expect(pair.messages[handle]?.last?.bytes == [1, 2, 3])
    }

    @Test func badSealsFromElsewhereBuyFewOpeningsUnderLoad() {
        let (pair, client, handle) = Pair.connected()
        var packets: [[UInt8]] = []
        pair.tap = { source, bytes in if source == client.address { packets.append(bytes) } }
        #expect(client.send([9], stream: 0))
        pair.run(for: .milliseconds(200))
        pair.tap = nil
        var forged = packets.last!
        forged[10] &+= 1
        forged[forged.count - 1] ^= 1
        let elsewhere = NetworkAddress(ipv4: 0xc633_6402, port: 7)
        Self.flood(pair, steps: 50, perStep: 1_000) { _ in (forged, elsewhere) }
        #expect(pair.counters.forgeriesRefused < 5_000)
        #expect(pair.counters.sourcesLimited > 44_000)
        // From the client's own address each is opened, and none does harm.
        let opened = pair.counters.forgeriesRefused
        Self.flood(pair, steps: 10, perStep: 1_000) { _ in (forged, client.address) }
        #expect(pair.counters.forgeriesRefused - opened == 10_000)
        #expect(client.send([7], stream: 0))
        pair.run(for: .milliseconds(200))
        #expect(pair.messages[handle]?.last?.bytes == [7])
    }
}

extension Pair {
    var isUnderLoad: Bool { server.isUnderLoad }
}
