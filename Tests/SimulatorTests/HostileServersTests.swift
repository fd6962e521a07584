import CairnBasics
import CairnClient
import CairnGeometry
import CairnWire
import CairnWorld
import Simulator
import Testing

#if DEBUG
    private let hostileAttempts = 5_000
#else
    private let hostileAttempts = 60_000
#endif

/// Servers that a client's token leads to and that mean harm: the client may learn nonsense, but it
/// stands, counts what it could not read, and does not grow without end.
@Suite struct HostileServersTests {
    private static let types: [FrameType] = [
        .keyframeBlock, .changeBlock, .propertyBlock, .pageDigest, .cellLeave, .steering,
        FrameType(0x3000),
    ]

    private func joined(_ seed: UInt64) -> HostileServer {
        let server = HostileServer(seed: seed)
        server.join()
        #expect(server.client.ended == nil && server.client.description != nil)
        return server
    }

    @Test func whatIsNotSpoiledIsReadWithoutAFault() {
        let server = joined(1)
        for _ in 0..<100 {
            server.step()
            server.draw()
        }
        #expect(server.client.entityCount == 40)
        #expect(server.client.statistics.decodeErrors == 0)
        #expect(server.client.statistics.divergences == 0)
        #expect(server.client.statistics.digestsCompared > 100)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func spoiledBlocksAreCountedAndHarmNoClient(seed: UInt64) {
        let server = joined(seed)
        var entered = 0
        while server.attempts < hostileAttempts, server.client.ended == nil {
            server.step { type, body in
                // A tick from the future would make everything after it too old to be read.
                guard type != .tick else { return [(type, body)] }
                return switch server.random.below(10) {
                case 0...2: [(type, server.mutated(body))]
                case 3: [(type, body), (type, body)]
                case 4: []
                case 5:
                    [
                        (type, body),
                        (
                            Self.types[Int(server.random.below(UInt32(Self.types.count)))],
                            server.noise(upTo: 64)
                        ),
                    ]
                default: [(type, body)]
                }
            }
            server.draw()
            while let event = server.client.pollEvent() {
                if case .appeared = event { entered += 1 }
            }
        }
        #expect(server.client.ended == nil)
        // Most spoiled blocks of motion decode to some motion.
        #expect(server.client.statistics.decodeErrors > 100)
        #expect(entered > 40)
        #expect(server.client.entityCount <= HostileServer.clientEntityLimit)
    }

    @Test func noiseAndMutatedMessagesAreCountedAndHarmNoClient() {
        let server = joined(4)
        let good: [ServerMessage] = [
            .accepted(number: 1, created: server.id(0)), .durable(through: 7),
            .heard(speaker: server.id(1), name: "x", text: "hello"),
            .refused(
                number: 3,
                Refusal(rule: .range, reason: "no", nearest: .motion(Motion(position: .origin)))),
            .devicePose([1, 2, 3]),
            .welcome(Welcome(entity: server.id(2), description: [1, 2, 3])),
        ]
        while server.attempts < hostileAttempts / 3, server.client.ended == nil {
            for _ in 0..<20 {
                let bytes = good[Int(server.random.below(UInt32(good.count)))].encoded()
                server.say(
                    server.random.below(2) == 0 ? server.mutated(bytes) : server.noise(upTo: 64))
            }
            server.step()
            while server.client.pollEvent() != nil {}
        }
        #expect(server.client.ended == nil)
        #expect(server.client.statistics.decodeErrors > 500)
        #expect(server.client.entity == server.id(0), "a second welcome changes nothing")
    }

    @Test func aWelcomeThatCannotBeUsedLeavesTheClientWaitingForOneThatCan() {
        let server = HostileServer(seed: 5)
        server.connect()
        for _ in 0..<300 {
            let spoiled = server.mutated(server.description.encoded()).dropLast()
            server.say(.welcome(Welcome(entity: .none, description: Array(spoiled))))
            server.step()
            server.draw()
        }
        #expect(server.client.statistics.decodeErrors > 250)
        #expect(server.client.description == nil)
        server.join()
        #expect(server.client.description == server.description)
    }

    @Test(arguments: 100..<300 as Range<UInt64>)
    func whoeverIsWelcomedToAnotherWorldLivesInIt(seed: UInt64) {
        let server = HostileServer(seed: seed)
        server.join(welcomingWith: server.mutated(server.description.encoded()))
        server.client.steer(
            velocity: Velocity(metresPerSecondX: 3, 0, 0), orientation: .identity)
        for _ in 0..<10 {
            server.step()
            server.draw()
        }
        #expect(server.client.ended == nil)
    }

    @Test func somethingThatLeapsAcrossTheWorldIsDrawnOnTheWay() {
        let server = joined(6)
        // A client that does not know where it is keeps everything in sight.
        server.showsBody = false
        for round in 0..<60 {
            let far: Int32 = (round % 2 == 0 ? 1 : -1) * 1_700_000_000
            server.put(
                5, at: Position(x: far, y: 0, z: 0), velocity: Velocity(x: 1, y: 1, z: 1))
            server.step()
            server.draw()
        }
        #expect(server.client.motion(of: server.id(5), now: server.now) != nil)
    }

    @Test func ticksThatLeapRoundTheCircleAreDrawnAsWell() {
        let server = joined(7)
        for round in 0..<400 {
            let leap = UInt32(truncatingIfNeeded: round) &* 0x4fff_ffff
            server.step { type, body in
                type == .tick ? [(.tick, server.tickFrame(leap))] : [(type, body)]
            }
            server.draw()
        }
        #expect(server.client.ended == nil)
    }

    @Test func aBodyThatIsThrownAboutIsPredictedAndDrawn() {
        let server = joined(8)
        server.client.steer(
            velocity: Velocity(metresPerSecondX: 3, 0, 0), orientation: .identity)
        for round in 0..<400 {
            let end: Int32 = round % 2 == 0 ? .max : .min
            let own = Motion(
                position: Position(x: end, y: end, z: end),
                velocity: Velocity(x: .min, y: .max, z: .min))
            server.step { type, body in
                guard type == .tick else { return [(type, body)] }
                return [(.tick, server.tickFrame(UInt32(round + 200), ownMotion: own))]
            }
            server.draw()
        }
        #expect(server.client.ended == nil)
    }

    @Test func eventsThatNobodyTakesAreDroppedOldestFirstAndInNoTime() {
        let server = joined(9)
        while server.client.pollEvent() != nil {}
        for number in 0..<UInt32(hostileAttempts * 2) {
            server.say(.durable(through: number))
            if number % 60 == 0 { server.step() }
        }
        for _ in 0..<20 { server.step() }
        var through: [UInt32] = []
        while let event = server.client.pollEvent() {
            if case .durable(let number) = event { through.append(number) }
        }
        #expect(through.count <= 65_536 && through.count > 1_000)
        #expect(through == through.sorted() && through.last! > UInt32(hostileAttempts))
    }
}
