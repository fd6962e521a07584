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

    @Test func aJoinSurvivesALinkThatLosesAThird() {
        for seed in 0..<20 {
            let pair = Pair(
                seed: UInt64(seed), conditions: LinkConditions(loss: Ratio(1, in: 3)))
            let client = pair.addClient()
            pair.run(limit: .seconds(10)) { client.state == .connecting || pair.joined.isEmpty }
            #expect(client.state == .connected && pair.joined.count == 1, "seed \(seed)")
            #expect(pair.counters.joinsCompleted == 1, "seed \(seed)")
        }
    }

    @Test func anExpiredTokenGetsNoAnswer() {
        let pair = Pair()
        let client = pair.addClient(token: pair.token(lifetimeMilliseconds: 0))
        pair.run(for: .seconds(2))
        #expect(client.state == .connecting && pair.connectionCount == 0)
        #expect(pair.counters.tokensExpired > 0 && pair.counters.joinsRefused == 0)
        pair.run(for: .seconds(9))
        #expect(client.closed?.code == .unreachable)
    }

    @Test func aTokenOfAnotherKeyGetsNoAnswer() {
        let pair = Pair()
        let stranger = Pair(seed: 2)
        let client = pair.addClient(token: stranger.token())
        pair.run(for: .seconds(2))
        #expect(client.state == .connecting && pair.connectionCount == 0)
        #expect(pair.counters.tokensOfUnknownKey > 0)
    }

    @Test func aTokenInUseIsRefusedAndItsHolderStaysConnected() {
        let pair = Pair()
        let token = pair.token()
        let first = pair.addClient(token: token)
        pair.run(for: .milliseconds(200))
        let second = pair.addClient(token: token)
        pair.run(for: .milliseconds(500))
        #expect(first.state == .connected)
        #expect(second.closed == CloseReason(.refused, "already connected"))
        #expect(pair.connectionCount == 1 && pair.joined.count == 1)
    }

    @Test func aTokenMayBeUsedAgainAfterItsConnectionEndedAndGivesOtherKeys() throws {
        let pair = Pair()
        let token = pair.token()
        let first = pair.addClient(token: token)
        pair.run(for: .milliseconds(200))
        let handle = try #require(pair.handle(at: 0))
        let firstKey = try #require(pair.statistics(of: handle)?.sealingKey)
        pair.close(first)
        pair.run(for: .milliseconds(200))
        #expect(pair.closed[handle]?.code == .normal && pair.connectionCount == 0)
        let second = pair.addClient(token: token)
        pair.run(for: .milliseconds(200))
        #expect(second.state == .connected)
        let again = try #require(pair.handle(at: 0))
        #expect(again != handle && again.index == handle.index)
        #expect(pair.statistics(of: again)?.sealingKey != firstKey)
        #expect(pair.statistics(of: handle) == nil, "an old handle must not reach a new tenant")
    }

    @Test func whoeverStoleASealedTokenButNotItsSecretStaysOut() throws {
        let pair = Pair()
        let stolen = pair.token(identity: 1)
        let thief = ClientHandshake(token: pair.token(identity: 2), entropy: &pair.entropy)
        let address = NetworkAddress(ipv4: 13, port: 13)
        var answers: [[UInt8]] = []
        pair.tap = { _, bytes in answers.append(bytes) }
        pair.receiveAtServer(thief.hello(cookie: .empty), from: address)
        let reply = answers.first.flatMap { CookieReply($0.rawBytes) }
        var hello = thief.hello(cookie: try #require(reply).cookie)
        hello.replaceSubrange(76..<76 + ConnectToken.sealedBytes, with: stolen.sealedPart)
        pair.receiveAtServer(hello, from: address)
        #expect(answers.count == 1 && pair.connectionCount == 0)
        #expect(pair.counters.proofsRefused == 1)
    }

    @Test func aFullServerSaysSoToHoldersOfATokenOnly() {
        let pair = Pair(maximumConnections: 2)
        let clients = (0..<3).map { _ in pair.addClient() }
        let stranger = pair.addClient(token: Pair(seed: 9).token())
        pair.run(for: .seconds(1))
        #expect(clients.filter { $0.state == .connected }.count == 2)
        #expect(clients.compactMap(\.closed) == [CloseReason(.refused, "the server is full")])
        #expect(stranger.state == .connecting)
    }

    @Test func anOverloadedServerTakesNobodyNewAndKeepsThoseItHas() {
        let pair = Pair()
        let first = pair.addClient()
        pair.run(for: .seconds(1))
        pair.server.isAdmitting = false
        let second = pair.addClient()
        pair.run(for: .seconds(1))
        #expect(first.state == .connected)
        #expect(second.closed == CloseReason(.refused, "\(RefusalReason.overloaded)"))
        #expect(pair.counters.joinsRefusedByLoad == 1 && pair.counters.joinsRefused == 1)
        pair.server.isAdmitting = true
        let third = pair.addClient()
        pair.run(for: .seconds(1))
        #expect(third.state == .connected)
    }

    @Test func aJoinThatIsNotCompletedEndsWithoutAWord() {
        let pair = Pair()
        let client = pair.addClient()
        client.stopsOnceAnswered = true
        pair.run(limit: .seconds(2)) { client.state == .connecting }
        #expect(pair.connectionCount == 1 && pair.handle(at: 0) == nil)
        pair.run(for: .seconds(6))
        #expect(pair.connectionCount == 0 && pair.closed.isEmpty)
    }

    @Test func aContestedJoinGivesWayToWhoeverHoldsTheTokenNow() {
        let pair = Pair()
        let token = pair.token()
        let sleeper = pair.addClient(token: token)
        sleeper.stopsOnceAnswered = true
        pair.run(limit: .seconds(2)) { sleeper.state == .connecting }
        let second = pair.addClient(token: token)
        pair.run(for: .seconds(3))
        #expect(second.state == .connected && pair.joined.count == 1)
    }

    @Test func joinsBeyondTheBudgetWaitAndThenSucceed() {
        let pair = Pair(joinsPerSecond: 10)
        for _ in 0..<30 { pair.addClient() }
        pair.run(for: .milliseconds(100))
        #expect(pair.counters.joinsStarted <= 11 && pair.counters.joinsDeferred > 0)
        pair.run(for: .seconds(6))
        #expect(pair.joined.count == 30)
    }

    @Test func everyAnswerToAHelloIsSmallerThanTheHelloAndThereIsOneAtMost() {
        let pair = Pair(conditions: LinkConditions(duplication: Ratio(1, in: 2)))
        var bytesIn: [NetworkAddress: Int] = [:]
        var bytesOut = 0
        pair.tap = { source, bytes in
            if bytes.first == PacketType.clientHello.rawValue {
                bytesIn[source, default: 0] += bytes.count
            } else if bytes.first != PacketType.clientPacket.rawValue,
                bytes.first != PacketType.serverPacket.rawValue
            {
                bytesOut += bytes.count
            }
        }
        for _ in 0..<20 { pair.addClient() }
        pair.run(for: .seconds(1))
        #expect(pair.joined.count == 20)
        #expect(bytesOut > 0 && bytesOut * 5 < bytesIn.values.reduce(0, +))
    }

    @Test func twoServersShownToEachOtherFallSilent() {
        let pair = Pair()
        let other = Pair(seed: 2)
        for type in PacketType.allCases where type.rawValue >= 0x80 {
            for count in [1, 34, 37, 107, 400, 1_200] {
                let bytes = [type.rawValue] + [UInt8](repeating: 7, count: count - 1)
                pair.receiveAtServer(bytes, from: Pair.serverAddress)
                other.receiveAtServer(bytes, from: Pair.serverAddress)
            }
        }
        #expect(pair.link.count == 0 && other.link.count == 0)
    }
}
