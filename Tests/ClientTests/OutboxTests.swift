import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnWire
import CairnWorld
import Testing

/// What waits for an answer, as an application sees it: through a client that has no network.
@Suite struct OutboxTests {
    private func client(_ outbox: Outbox = Outbox(session: 7)) -> WorldClient {
        var entropy = SeededEntropy(seed: [UInt8](repeating: 1, count: 32))
        let key = TokenKey(entropy: &entropy)
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: 1, name: "somebody"), serverID: 1, key: key,
            wallMilliseconds: 0, lifetimeMilliseconds: 1_000, entropy: &entropy)
        return WorldClient(
            ClientConfiguration(
                token: token, server: NetworkAddress(ipv4: 1, port: 1), outbox: outbox),
            entropySeed: [UInt8](repeating: 2, count: 32), now: .zero)
    }

    private func refusals(_ client: inout WorldClient) -> [UInt32: Refusal] {
        var refusals: [UInt32: Refusal] = [:]
        while let event = client.pollEvent() {
            if case .refused(let number, let refusal) = event { refusals[number] = refusal }
        }
        return refusals
    }

    private var full: WorldClient {
        var client = client()
        for number in 0..<40 {
            let handle = EntityID(createdBy: UInt32(number))
            client.submit(.create(KindID(2), Motion(position: .origin), name: "thing \(number)"))
            client.submit(.set(handle, FieldID(3), .text("text \(number)")))
            client.submit(.add(EntityID(raw: 0x0100_0001_0000_0001), FieldID(4), -3))
        }
        return client
    }

    @Test func anOutboxComesBackAsItWas() throws {
        let bytes = full.outbox.encoded
        let again = try Outbox(decoding: bytes)
        #expect(again.session == 7)
        #expect(again.count == 120)
        #expect(again.encoded == bytes)
        var client = client(again)
        #expect(client.submit(.say("on")) == 121)
    }

    @Test func tornAndSpoiledOutboxesAreRefused() {
        let bytes = full.outbox.encoded
        for length in stride(from: 0, to: bytes.count, by: 3) {
            #expect(throws: CodecError.self) { try Outbox(decoding: Array(bytes.prefix(length))) }
        }
        var random = SeededRandom(seed: 5)
        for _ in 0..<2_000 {
            var spoiled = bytes
            spoiled[Int(random.below(UInt32(bytes.count)))] ^= 1 << UInt8(random.below(8))
            #expect(throws: CodecError.self) { try Outbox(decoding: spoiled) }
        }
    }

    @Test func anOutboxHasAnEndAndSaysSo() {
        var client = client()
        for _ in 0..<Outbox.editLimit { client.submit(.delete(EntityID(raw: 1))) }
        #expect(refusals(&client).isEmpty)
        let number = client.submit(.delete(EntityID(raw: 1)))
        #expect(refusals(&client)[number]?.rule == .outbox)
        #expect(client.outbox.count == Outbox.editLimit)
    }

    @Test func itsBytesHaveAnEndToo() {
        var client = client()
        let text = Scalar.text(String(repeating: "x", count: 3_000))
        var taken = 0
        for _ in 0..<200 {
            let number = client.submit(.set(EntityID(raw: 1), FieldID(2), text))
            if refusals(&client)[number] == nil { taken += 1 }
        }
        // A text of 3,000 bytes, its head and the intent's.
        #expect(taken == Outbox.byteLimit / 3_012)
        #expect(client.outbox.encoded.count < Outbox.byteLimit + 16 * 1_024)
    }

    @Test func whatNoServerCouldReadIsRefusedHere() {
        var client = client()
        let nan = client.submit(.set(EntityID(raw: 1), FieldID(2), .real(.nan)))
        let long = client.submit(.say(String(repeating: "x", count: 5_000)))
        #expect(refusals(&client).keys.sorted() == [nan, long])
        #expect(client.outbox.count == 0)
    }
}
