import CairnBasics
import CairnReplication
import CairnWire
import CairnWorld
import Testing

@Suite struct HeadsTellWhatIsDeliveredTests {
    private struct Name: Hashable {
        var page: PageID
        var tick: Tick
    }

    /// Whoever reads only heads counts as many states as a client that reads everything.
    @Test func headsCountTheStatesThatAReplicaTakesIn() throws {
        var town = Town(seed: 11)
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<90 { town.createSomewhere() }
        var session = Session(interestMetres: 60)
        session.recordsPackets = true
        for _ in 0..<120 {
            town.beginTick()
            town.walk()
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        // Deliver what is still under way.
        for _ in 0..<3 {
            town.beginTick()
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        var occupied: [Name: UInt32] = [:]
        var states = 0
        for packet in session.sentPackets {
            for (type, body) in packet.frames {
                guard let head = try BlockHead(type, body.rawBytes, tick: packet.tick) else {
                    continue
                }
                let base = occupied[Name(page: head.page, tick: head.keyframe)] ?? 0
                let after = head.occupied(after: head.occupied == 0 ? base : 0)
                if head.isKeyframe {
                    let tick = type == .keyframeBlock ? head.keyframe : packet.tick
                    occupied[Name(page: head.page, tick: tick)] = after
                }
                states += after.nonzeroBitCount
            }
        }
        let read = session.replica.counts
        #expect(read.memberStates > 1_000)
        #expect(UInt64(states) == read.memberStates)
    }

    @Test func aHeadThatIsCutOffIsRefused() {
        for type in [FrameType.keyframeBlock, .changeBlock] {
            #expect(throws: CodecError.self) {
                try BlockHead(type, [3].rawBytes, tick: Tick(9))
            }
        }
    }

    @Test func otherFramesHaveNoHead() throws {
        #expect(try BlockHead(.tick, [1, 2, 3].rawBytes, tick: Tick(9)) == nil)
    }
}
