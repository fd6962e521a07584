import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import Simulator
import Testing

/// What minds want passes the door that everybody's wishes pass; a mind may want anything.
@Suite struct CharactersPassTheDoorTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    /// A world with a pond of ten metres around the middle, and no client.
    private func world(entityLimit: Int = 100) -> WorldServer {
        var description = simulatedWorld()
        description.zones = [
            ZoneDescription(
                name: "pond", role: .noGo,
                polygon: ZoneDescription.circle(
                    around: PlanarPoint(x: 0, y: 0), radiusUnits: 10 * 1_024))
        ]
        description.spawns = [Position(metresX: 20, 20, 0)!]
        var entropy = SeededEntropy(seed: [UInt8](repeating: 7, count: 32))
        return WorldServer(
            description,
            configuration: ServerConfiguration(
                endpoint: ServerEndpointConfiguration(
                    tokenKeys: [TokenKey(entropy: &entropy)], serverID: 1),
                entityLimit: entityLimit),
            recovered: RecoveredWorld(), boot: 1, entropySeed: entropy.bytes(32), now: now,
            wallMilliseconds: 1_700_000_000_000)
    }

    private func ask(_ server: inout WorldServer, _ output: AgentOutput) {
        server.handle(output, now: now, wallMilliseconds: 1_700_000_000_000)
    }

    private func spawn(_ server: inout WorldServer, at position: Position) {
        var output = AgentOutput()
        output.spawns = [Spawn(persona: 0, position: position)]
        ask(&server, output)
    }

    @Test func noCharacterAppearsWhereNothingMayBe() {
        var server = world()
        let wish = Position(metresX: 4, 1, 0)!
        spawn(&server, at: wish)
        #expect(server.characterCount == 1 && server.counters.characterRefusals == 1)
        let body = server.lattice.sortedIDs.last!
        let place = server.motion(of: body)!.position
        #expect(!server.description.zones[0].contains(place))
        #expect(place.squaredDistance(to: wish) < UInt64(11 * 1_024) * UInt64(11 * 1_024))
    }

    @Test func noCharacterAppearsInAFullWorld() {
        var server = world(entityLimit: 1)
        spawn(&server, at: Position(metresX: 20, 0, 0)!)
        #expect(server.characterCount == 0 && server.counters.characterRefusals == 1)
        #expect(server.entityCount == 1)
    }

    @Test func whatACharacterSaysIsJudged() {
        var server = world()
        spawn(&server, at: Position(metresX: 20, 0, 0)!)
        let body = server.lattice.sortedIDs.last!
        for text in [String(repeating: "a", count: 161), "\u{1b}[2J"] {
            var output = AgentOutput()
            output.intents = [.say(body, text)]
            ask(&server, output)
        }
        #expect(server.counters.characterRefusals == 2 && server.holdings.heardLines == 0)
        var output = AgentOutput()
        output.intents = [.say(EntityID(raw: 5), "I am nobody")]
        ask(&server, output)
        #expect(server.holdings.heardLines == 0)
    }

    /// The world's time runs at a quarter, and so do those who live in it.
    @Test func charactersWalkAsFastAsTheWorldGoes() throws {
        var server = world()
        spawn(&server, at: Position(metresX: 20, 0, 0)!)
        let body = try #require(server.lattice.sortedIDs.last)
        var (at, batch) = (now, DatagramBatch(capacity: 16))
        func walk(_ server: inout WorldServer, for span: TimeSpan, needing part: Int64) {
            let end = at + span
            while at < end {
                at = at + server.period
                var output = AgentOutput()
                output.intents = [
                    .steer(body, Velocity(x: 0, y: 256, z: 0), facing: .identity, animation: 1)
                ]
                server.handle(output, now: at, wallMilliseconds: 1_700_000_000_000)
                server.beginTick(now: at)
                while server.pollTransmit(into: &batch, now: at) {}
                let needed = server.period / 100 * part
                server.adapt(to: TickLoad(lateness: .zero, duration: needed, busy: needed), now: at)
            }
        }
        walk(&server, for: .seconds(20), needing: 200)
        let percent = server.overload.timePercent
        let slow = server.motion(of: body)!.position
        walk(&server, for: .seconds(8), needing: 80)
        let fell = server.motion(of: body)!.position
        #expect(percent == 25)
        #expect(abs(fell.y - slow.y - 2 * Position.unitsPerMetre) < 300)
        #expect(server.counters.characterRefusals == 0)
    }
}
