import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// Every (key, nonce) pair that was ever sealed, over restarts, rejoins and changes of keys.
@Suite struct NonceLedgerTests {
    @Test(arguments: [false, true])
    func noKeySealsTwoPacketsWithOneNumber(isSeedRepeated: Bool) throws {
        let pair = Pair(
            conditions: LinkConditions(loss: Ratio(1, in: 10), duplication: Ratio(1, in: 10)),
            keyLimits: KeyLimits(packets: 20, lastPackets: 1_000))
        let token = pair.token(lifetimeMilliseconds: 1_000_000)
        let serverSeed = pair.entropy.bytes(32)
        let clientSeeds = [pair.entropy.bytes(32), pair.entropy.bytes(32)]
        var phases: UInt64 = 0
        for epoch in 1...6 {
            // Machines restored from a snapshot repeat their seeds; the epoch still makes new keys.
            pair.restartServer(
                epoch: UInt64(epoch), entropySeed: isSeedRepeated ? serverSeed : nil)
            pair.clients = []
            pair.joined = [:]
            for join in 0..<2 {
                let client = pair.addClient(
                    token: token, seed: isSeedRepeated ? clientSeeds[join] : nil)
                pair.run(limit: .seconds(5)) { pair.handle(at: 0) == nil }
                let handle = try #require(pair.handle(at: 0))
                #expect(pair.send([UInt8](repeating: 1, count: 30_000), stream: 0, to: handle))
                #expect(client.send([UInt8](repeating: 2, count: 30_000), stream: 0))
                pair.run(for: .seconds(2))
                phases += try #require(pair.statistics(of: handle)?.sealingPhase)
                phases += try #require(client.statistics?.sealingPhase)
                pair.close(handle, CloseReason(.normal))
                client.isAwake = false
                pair.clients = []
            }
        }
        #expect(pair.ledger.repeatedNonces == 0 && pair.ledger.repeatedKeys == 0)
        #expect(phases > 24, "every direction of every join changes its key")
        #expect(pair.ledger.keyCount == 24 + Int(phases), "6 boots, 2 joins each, 2 directions")
        #expect(pair.ledger.seals > 1_000)
    }
}
