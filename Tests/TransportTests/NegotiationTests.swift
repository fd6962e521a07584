import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// What two ends tell each other in their hellos, over whole joins.
@Suite struct JoinNegotiationTests {
    @Test func theEndsTellEachOtherTheLargestDatagramTheyTake() throws {
        let pair = Pair(maximumDatagramBytes: 1_432)
        let client = pair.addClient()
        pair.run { pair.joined.isEmpty || client.state != .connected }
        let handle = try #require(pair.handle(at: 0))
        #expect(pair.statistics(of: handle)?.peerMaximumDatagramBytes == 1_432)
        #expect(client.statistics?.peerMaximumDatagramBytes == 1_432)
    }

    @Test func aFutureClientJoinsTodaysServer() throws {
        let pair = Pair()
        let rogue = Rogue(
            pair, versions: 1...9,
            extensions: HelloExtensions([
                HelloExtensions.Entry(type: 1, body: [0xdc, 5]),
                HelloExtensions.Entry(type: 900, body: [UInt8](repeating: 7, count: 450)),
            ]))
        let handle = try #require(rogue.handle)
        #expect(pair.statistics(of: handle)?.peerMaximumDatagramBytes == 1_500)
        let plain = Rogue(
            Pair(), address: NetworkAddress(ipv4: 0x0a00_0667, port: 1))
        #expect(plain.handle != nil, "and so does one without extensions")
    }

    @Test func aClientOfAnotherVersionIsToldSo() {
        let pair = Pair()
        let rogue = Rogue(pair, versions: 2...9)
        #expect(rogue.handle == nil && pair.counters.joinsRefused == 1)
        #expect(rogue.answersToHello.first?.prefix(2) == [PacketType.refusal.rawValue, 3])
    }

    /// Whoever changes a hello on its way gets no answer, whatever he would make of it.
    @Test func aHelloThatWasChangedIsNotAnswered() {
        for (place, value) in [(6, UInt8(1)), (332, 0), (336, 9), (338, 0xff)] {
            let pair = Pair()
            let rogue = Rogue(
                pair, versions: 1...9, extensions: HelloExtensions(maximumDatagramBytes: 1_500)
            ) { hello in
                var changed = hello
                changed[place] = value
                return changed
            }
            #expect(rogue.handle == nil && rogue.answersToHello.isEmpty)
            #expect(pair.counters.proofsRefused == 1 && pair.connectionCount == 0)
        }
    }

    @Test func aHelloWithMalformedExtensionsIsNotAnswered() {
        for body in [[], [0xaf, 4], [0, 5, 0]] as [[UInt8]] {
            let pair = Pair()
            let rogue = Rogue(
                pair, extensions: HelloExtensions([HelloExtensions.Entry(type: 1, body: body)]))
            #expect(rogue.handle == nil && rogue.answersToHello.isEmpty)
            #expect(pair.counters.datagramsIgnored == 1 && pair.connectionCount == 0)
        }
    }
}
