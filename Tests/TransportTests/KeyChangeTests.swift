import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// Connections that change their keys while they are in use.
@Suite struct KeyChangeTests {
    /// Both ends send a numbered message every step.
    private func converse(
        _ pair: Pair, _ client: TestClient, _ handle: ConnectionHandle, steps: Int
    ) {
        for step in 0..<steps {
            #expect(client.send([UInt8(truncatingIfNeeded: step)], stream: 0))
            #expect(pair.send([UInt8(truncatingIfNeeded: step)], stream: 1, to: handle))
            pair.step()
        }
        pair.run(for: .seconds(5))
        let expected = (0..<steps).map { [UInt8(truncatingIfNeeded: $0)] }
        #expect(pair.messages[handle]?.map(\.bytes) == expected)
        #expect(client.messages.map(\.bytes) == expected)
    }

    @Test(arguments: 1..<5 as Range<UInt64>)
    func keysChangeWhileAThirdOfEverythingIsLost(seed: UInt64) throws {
        let (pair, client, handle) = Pair.connected(
            seed: seed,
            conditions: LinkConditions(
                loss: Ratio(30, in: 100), duplication: Ratio(1, in: 10),
                delay: .milliseconds(40), jitter: .milliseconds(80)),
            keyLimits: KeyLimits(packets: 50, lastPackets: 2_000))
        converse(pair, client, handle, steps: 1_000)
        let server = try #require(pair.statistics(of: handle))
        let other = try #require(client.statistics)
        #expect(server.sealingPhase > 8 && other.sealingPhase > 8)
        #expect(server.sealingPhase - other.openingPhase <= 1)
        #expect(other.sealingPhase - server.openingPhase <= 1)
        #expect(pair.ledger.repeatedNonces == 0 && pair.ledger.longestKeyLife < 500)
    }

    @Test func bothEndsChangeInTheSameStep() throws {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(50)),
            keyLimits: KeyLimits(interval: .seconds(1)))
        for round in 1...20 as ClosedRange<UInt64> {
            client.isAwake = false
            pair.run(for: .milliseconds(1_100))
            client.isAwake = true
            #expect(client.send([1], stream: 0) && pair.send([2], stream: 0, to: handle))
            pair.step()
            let server = try #require(pair.statistics(of: handle))
            #expect(server.sealingPhase == round && client.statistics?.sealingPhase == round)
            pair.run(for: .milliseconds(400))
        }
        let server = try #require(pair.statistics(of: handle))
        #expect(server.packetsLost == 0 && server.forgeriesRefused == 0)
        #expect(client.messages.count == 20 && pair.messages[handle]?.count == 20)
    }

    static let firstNumbers: [UInt64] = [
        1 << 23 - 40, 1 << 32 - 40, 7 << 32 - 40, 1 << 63 - 40, UInt64.max - 1 << 20,
    ]

    @Test(arguments: firstNumbers)
    func numbersGoOnWhereThoseOnTheWireWrapAround(first: UInt64) throws {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(
                loss: Ratio(1, in: 10), delay: .milliseconds(30), jitter: .milliseconds(60)),
            keyLimits: KeyLimits(packets: 30, lastPackets: 2_000, firstNumber: first))
        converse(pair, client, handle, steps: 200)
        let server = try #require(pair.statistics(of: handle))
        #expect(server.nextPacketNumber > first + 150 && server.sealingPhase > 2)
        #expect(pair.ledger.repeatedNonces == 0)
    }

    @Test func aConnectionEndsBeforeItsNumbersDo() throws {
        let (pair, client, handle) = Pair.connected(
            keyLimits: KeyLimits(firstNumber: SealLimits.lastNumber - 1 << 16 - 100))
        for _ in 0..<300 where pair.closed.isEmpty {
            _ = pair.send([1], stream: 0, to: handle)
            pair.step()
        }
        pair.run(for: .milliseconds(100))
        #expect(pair.closed[handle]?.code == .keyExhausted)
        #expect(client.closed?.code == .keyExhausted)
    }

    @Test func overtakenPacketsOfTheLastPhaseOpenForThreeProbeTimeouts() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        let early = rogue.packet(frame(.steering, [1]))
        let late = rogue.packet(frame(.steering, [2]))
        pair.step()
        rogue.changeKey()
        #expect(rogue.send(frame(.steering, [3])) != .nothing)
        #expect(pair.statistics(of: handle)?.openingPhase == 1)
        // Without a sample a probe timeout is 333 + 4 · 167 + 100 ms.
        pair.run(for: .milliseconds(3_200))
        #expect(pair.receiveAtServer(early, from: rogue.address) != .nothing)
        pair.run(for: .milliseconds(200))
        #expect(pair.receiveAtServer(late, from: rogue.address) == .nothing)
        #expect(pair.counters.forgeriesRefused == 1)
        #expect(rogue.send(frame(.steering, [4])) != .nothing)
    }

    @Test func aForgedPhaseCostsOneFailedOpenAndMovesNothing() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        pair.step()
        let genuine = rogue.packet(frame(.steering, [1]))
        var forged = genuine
        forged[0] ^= SealLimits.phaseBit
        for _ in 0..<1_000 {
            #expect(pair.receiveAtServer(forged, from: rogue.address) == .nothing)
        }
        let statistics = try #require(pair.statistics(of: handle))
        #expect(statistics.openingPhase == 0 && statistics.forgeriesRefused == 1_000)
        #expect(pair.receiveAtServer(genuine, from: rogue.address) != .nothing)
    }

    /// Otherwise a client could make a server derive a key for every packet.
    @Test func noPhaseBeginsBeforeTheLastOneWasAcknowledged() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        for phase in 0..<10 as Range<UInt64> {
            rogue.changeKey()
            let packet = rogue.packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            #expect(pair.receiveAtServer(packet, from: rogue.address) == .nothing)
            #expect(pair.statistics(of: handle)?.openingPhase == phase)
            pair.step()
            #expect(pair.receiveAtServer(packet, from: rogue.address) != .nothing)
        }
    }

    /// A peer that never acknowledges keeps an end from changing its key.
    @Test func aKeyThatCannotChangeEndsItsConnection() throws {
        let pair = Pair(keyLimits: KeyLimits(packets: 40))
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        var payloads: [[UInt8]] = []
        for _ in 0..<200 where pair.closed.isEmpty {
            payloads += rogue.opened {
                rogue.send(frame(.ping, [UInt8](repeating: 0, count: 8)))
                pair.step()
            }
        }
        #expect(pair.closed[handle]?.code == .keyExhausted)
        #expect(payloads.last == frame(.close, [4, 0, 0]))
        #expect(pair.ledger.longestKeyLife == 80 - 16 + 1)
    }

    @Test func forgeriesAreCountedAndEndTheirConnection() throws {
        let pair = Pair(keyLimits: KeyLimits(forgeries: 50))
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        pair.step()
        for count in 0..<50 as Range<UInt64> {
            #expect(pair.closed.isEmpty)
            var forged = rogue.packet(frame(.steering, [1]), number: 100 + count)
            forged[20] ^= 1
            pair.receiveAtServer(forged, from: rogue.address)
        }
        let payloads = rogue.opened { pair.step() }
        pair.step()
        #expect(payloads.last == frame(.close, [4, 0, 0]))
        #expect(pair.closed[handle]?.code == .keyExhausted)
    }

    /// The low 32 bits come again; the packet does not.
    @Test func aPacketFrom4294967296NumbersAgoIsForged() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let stolen = rogue.packet(frame(.steering, [1]), number: 5)
        #expect(pair.receiveAtServer(stolen, from: rogue.address) != .nothing)
        for number in [1 << 31 - 10, 1 << 32 - 20, 1 << 32 + 2] as [UInt64] {
            #expect(rogue.send(frame(.steering, [1]), number: number) != .nothing)
        }
        #expect(pair.receiveAtServer(stolen, from: rogue.address) == .nothing)
        #expect(pair.counters.forgeriesRefused == 1)
        #expect(rogue.send(frame(.steering, [1]), number: 1 << 32 + 5) != .nothing)
    }

    @Test func noPacketOfAnyPhaseReplayedFromElsewhereMovesAnything() throws {
        let (pair, client, handle) = Pair.connected(
            keyLimits: KeyLimits(packets: 20, lastPackets: 1_000))
        let thief = NetworkAddress(ipv4: 0x6401_0203, port: 40_000)
        var copies: [[UInt8]] = []
        pair.tap = { source, bytes in if source == client.address { copies.append(bytes) } }
        converse(pair, client, handle, steps: 200)
        pair.tap = nil
        // What is still under way arrives first, so that every copy is old.
        pair.run(for: .milliseconds(100))
        let before = try #require(pair.statistics(of: handle))
        for bytes in copies { pair.receiveAtServer(bytes, from: thief) }
        let after = try #require(pair.statistics(of: handle))
        #expect(before.openingPhase > 4 && copies.count > 200)
        #expect(after.openingPhase == before.openingPhase)
        #expect(after.packetsReceived == before.packetsReceived)
        #expect(pair.counters.pathChallengesSent == 0)
        #expect(pair.server.address(of: handle) == client.address)
    }

    /// The thief is faster, even with the packet that begins a phase.
    @Test func aStolenFirstPacketOfAPhaseMovesNoAddress() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        pair.step()
        rogue.changeKey()
        let stolen = rogue.packet(frame(.steering, [1]))
        let thief = NetworkAddress(ipv4: 0x6401_0203, port: 40_000)
        #expect(pair.receiveAtServer(stolen, from: thief) != .nothing)
        #expect(pair.receiveAtServer(stolen, from: rogue.address) == .nothing)
        #expect(pair.server.address(of: handle) == rogue.address)
        #expect(rogue.send(frame(.steering, [2])) != .nothing)
        #expect(pair.statistics(of: handle)?.addressChanges == 0)
    }
}
