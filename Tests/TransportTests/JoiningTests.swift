import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct JoiningTests {
    @Test func aClientWithAGoodTokenJoins() throws {
        let pair = Pair()
        let client = pair.addClient(token: pair.token(identity: 7))
        pair.run(for: .milliseconds(200))
        #expect(client.state == .connected)
        let handle = try #require(pair.handle(at: 0))
        #expect(pair.joined[handle]?.identity == 7)
        #expect(pair.joined[handle]?.name == "client 7")
        #expect(pair.counters.joinsCompleted == 1)
    }
}
