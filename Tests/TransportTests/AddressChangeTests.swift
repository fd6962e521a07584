import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct AddressChangeTests {
    private let mobile = NetworkAddress(ipv4: 0x6401_0203, port: 40_000)

    @Test func aPhoneThatChangesNetworksKeepsItsConnection() throws {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(loss: Ratio(1, in: 10), delay: .milliseconds(30)))
        client.address = mobile
        for index in 0..<50 {
            #expect(client.send([UInt8(index)], stream: 0))
            #expect(pair.send([UInt8(index)], stream: 0, to: handle))
            pair.run(for: .milliseconds(100))
        }
        pair.run(for: .seconds(3))
        #expect(pair.server.address(of: handle) == mobile)
        #expect(pair.statistics(of: handle)?.addressChanges == 1)
        #expect(pair.messages[handle]?.map(\.bytes) == (0..<50).map { [UInt8($0)] })
        #expect(client.messages.map(\.bytes) == (0..<50).map { [UInt8($0)] })
        #expect(pair.joined.count == 1)
    }

    /// Someone on the path copies packets and sends them first, from his own address.
    @Test func whoeverCannotAnswerTheChallengeGainsNothing() throws {
        let (pair, client, handle) = Pair.connected()
        var copies: [[UInt8]] = []
        pair.tap = { source, bytes in if source == client.address { copies.append(bytes) } }
        var toThief = 0
        var fromThief = 0
        for _ in 0..<100 {
            #expect(client.send([1], stream: 0))
            copies = []
            var batch = DatagramBatch(capacity: 16)
            client.step(now: pair.now, into: &batch)
            for index in 0..<batch.count {
                let stolen = batch.datagram(index)
                fromThief += stolen.count
                pair.tap = { source, bytes in
                    if source == Pair.serverAddress { toThief += bytes.count }
                }
                pair.receiveAtServer(stolen, from: mobile)
                pair.tap = nil
            }
            pair.step()
        }
        #expect(pair.server.address(of: handle) == client.address)
        #expect(toThief > 0 && toThief <= fromThief)
        #expect(pair.counters.pathChallengesSent <= 2 * 4 + 1, "four a second at most")
    }

    @Test func noReplayFromElsewhereOpensAPath() throws {
        let (pair, client, handle) = Pair.connected()
        var copies: [[UInt8]] = []
        pair.tap = { source, bytes in if source == client.address { copies.append(bytes) } }
        pair.run(for: .seconds(2))
        pair.tap = nil
        // What is still under way arrives first, so that every copy is old.
        pair.run(for: .milliseconds(100))
        for bytes in copies { pair.receiveAtServer(bytes, from: mobile) }
        #expect(!copies.isEmpty && pair.counters.pathChallengesSent == 0)
        #expect(pair.server.address(of: handle) == client.address)
    }
}
