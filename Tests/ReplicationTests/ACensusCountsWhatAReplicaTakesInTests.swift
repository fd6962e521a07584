import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import Testing

@Suite struct ACensusCountsWhatAReplicaTakesInTests {
    /// The packets of two clients who walk about in one crowd.
    private func packets(ofSeed seed: UInt64, packetRoom: Int) -> [[Packet]] {
        var square = Square(people: 900, metres: 120, seed: seed)
        var store = BlockStore(tickHertz: 20)
        var sessions = (1...2 as ClosedRange<UInt64>).map { number -> Session in
            var session = Session(interestMetres: 60, cellMetres: 8, seed: seed &+ number)
            session.recordsPackets = true
            session.packetRoom = packetRoom
            session.packetsPerTick = 12
            return session
        }
        for _ in 0..<120 {
            square.step()
            store.beginTick(world: square.world)
            for index in sessions.indices {
                sessions[index].centre.x += index == 0 ? 300 : -200
                sessions[index].run(&store, square.world)
            }
        }
        return sessions.map(\.sentPackets)
    }

    /// A packet has room for a whole page and its change, or for a block or two.
    @Test(arguments: 1...2 as ClosedRange<UInt64>, [1_100, 400])
    func theSameBytesAreTheSameCount(seed: UInt64, packetRoom: Int) throws {
        var census = PageCensus(tickHertz: 20)
        var clients = packets(ofSeed: seed, packetRoom: packetRoom).map { packets in
            (packets: packets[...], replica: Replica(cellMetres: 8, tickHertz: 20), counted: 0)
        }
        var keyframesOfTheirTick = 0
        while let tick = clients.compactMap({ $0.packets.first?.tick }).min(by: {
            $1.isNewer(than: $0)
        }) {
            for index in clients.indices {
                while let packet = clients[index].packets.first, packet.tick == tick {
                    clients[index].packets.removeFirst()
                    _ = clients[index].replica.open(tick: tick)
                    for frame in packet.frames {
                        let states = try census.states(frame.type, frame.body.rawBytes, tick: tick)
                        if frame.type == .keyframeBlock, states > 0 { keyframesOfTheirTick += 1 }
                        clients[index].counted += states
                        _ = try clients[index].replica.receive(
                            frame.type, frame.body.rawBytes, tick: tick)
                    }
                }
            }
        }
        for client in clients {
            #expect(client.replica.counts.memberStates == UInt64(client.counted))
            #expect(client.counted > 5_000)
        }
        #expect(keyframesOfTheirTick > 0)
    }

    /// Everybody is told of in every tick, however many blocks and keyframes that takes.
    @Test func nobodyCountsTwiceInATick() {
        var square = Square(people: 60, metres: 30, seed: 3)
        var store = BlockStore(tickHertz: 20)
        var session = Session(interestMetres: 60, cellMetres: 8)
        var (most, all): (UInt64, UInt64) = (0, 0)
        for _ in 0..<100 {
            square.step()
            store.beginTick(world: square.world)
            let before = session.replica.counts.memberStates
            session.run(&store, square.world)
            most = max(most, session.replica.counts.memberStates - before)
            all += session.replica.counts.memberStates - before
        }
        #expect(most <= 60)
        #expect(all > 100 * 60 / 2)
    }

    @Test func hostileBlocksAreRefusedOrCountNothing() {
        var random = SeededRandom(seed: 7)
        var census = PageCensus(tickHertz: 20)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(random.below(24))).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            let type: FrameType = random.chance(Ratio(1, in: 2)) ? .keyframeBlock : .changeBlock
            let states = (try? census.states(type, bytes.rawBytes, tick: Tick(9))) ?? 0
            #expect(0...32 ~= states)
        }
    }
}
