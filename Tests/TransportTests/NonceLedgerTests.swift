import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// Every (key, nonce) pair that was ever sealed, over restarts and rejoins.
///
/// The nonce is the packet number in the clear header, so a tap on the network sees them all; which
/// key sealed a packet the endpoints tell, by a one-way name.
@Suite struct NonceLedgerTests {
    private struct Seal: Hashable {
        let key: UInt64
        let number: UInt32
    }

    @Test(arguments: [false, true])
    func noKeySealsTwoPacketsWithOneNumber(isSeedRepeated: Bool) throws {
        let pair = Pair(
            conditions: LinkConditions(loss: Ratio(1, in: 10), duplication: Ratio(1, in: 10)))
        let token = pair.token(lifetimeMilliseconds: 1_000_000)
        let serverSeed = pair.entropy.bytes(32)
        var seals: [Seal: [UInt8]] = [:]
        var keys: Set<UInt64> = []
        var collisions = 0
        for epoch in 1...6 {
            // A machine restored from a snapshot repeats its seed; the epoch still makes new keys.
            pair.restartServer(
                epoch: UInt64(epoch), entropySeed: isSeedRepeated ? serverSeed : nil)
            pair.clients = []
            pair.joined = [:]
            for _ in 0..<2 {
                let client = pair.addClient(token: token)
                pair.tap = { source, bytes in
                    let isServer = source == Pair.serverAddress
                    guard
                        bytes.first == PacketType.serverPacket.rawValue
                            || bytes.first == PacketType.clientPacket.rawValue
                    else { return }
                    let key: UInt64?
                    if isServer {
                        key = pair.sealingKey
                    } else {
                        key = client.statistics?.sealingKey
                    }
                    guard let key else { return }
                    keys.insert(key)
                    let at = isServer ? 1 : 9
                    let number = bytes[at..<at + 4].reversed().reduce(UInt32(0)) {
                        $0 << 8 | UInt32($1)
                    }
                    if let old = seals.updateValue(bytes, forKey: Seal(key: key, number: number)),
                        old != bytes
                    {
                        collisions += 1
                    }
                }
                pair.run(limit: .seconds(5)) { pair.handle(at: 0) == nil }
                let handle = try #require(pair.handle(at: 0))
                #expect(pair.send([UInt8](repeating: 1, count: 9_000), stream: 0, to: handle))
                #expect(client.send([UInt8](repeating: 2, count: 9_000), stream: 0))
                pair.run(for: .seconds(1))
                pair.close(handle, CloseReason(.normal))
                client.isAwake = false
                pair.clients = []
                pair.tap = nil
            }
        }
        #expect(collisions == 0)
        #expect(keys.count == 24, "6 boots, 2 joins each, 2 directions")
        #expect(seals.count > 200)
    }
}
