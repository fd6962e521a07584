import CairnBasics
import CairnTransport
import Testing

@Suite struct MissingPacketsTests {
    /// What one end counts as missing is what the other end sealed and never arrived: numbers that
    /// are skipped on purpose, one in 256, are not among them, and late packets are taken back.
    @Test(arguments: [
        LinkConditions.perfect, LinkConditions(loss: Ratio(1, in: 10), jitter: .milliseconds(90)),
    ])
    func whatIsMissingIsWhatWasSentAndDidNotArrive(conditions: LinkConditions) throws {
        let (pair, client, handle) = Pair.connected(seed: 7, conditions: conditions)
        for _ in 0..<4_000 {
            _ = pair.sendAppFrame(to: handle)
            pair.step()
        }
        // The newest packet arrives, after all those that are still under way.
        pair.link.conditions = .perfect
        pair.run(for: .seconds(1))
        _ = pair.sendAppFrame(to: handle)
        pair.run(for: .milliseconds(40))
        let sent = try #require(pair.statistics(of: handle)?.packetsSent)
        let read = client.endpoint.statistics
        let received = try #require(read?.packetsReceived)
        let missing = try #require(read?.packetsMissing)
        #expect(sent > 3_000)
        // The newest may still be on its way.
        #expect(sent - received - missing <= 1)
        #expect((missing > 100) == (conditions != .perfect))
    }
}
