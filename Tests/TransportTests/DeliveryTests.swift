import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct DeliveryTests {
    private static let hostile = LinkConditions(
        loss: Ratio(1, in: 10), duplication: Ratio(1, in: 10), delay: .milliseconds(30),
        jitter: .milliseconds(60))

    private func numbered(_ index: Int, _ size: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(index).littleEndian, Array.init)
            + [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)
    }

    private func number(_ message: Message) -> Int {
        Int(message.bytes[0]) | Int(message.bytes[1]) << 8 | Int(message.bytes[2]) << 16
    }

    @Test(arguments: 0..<2) func unorderedMessagesArriveEachOnceOverABadLink(seed: Int) {
        let (pair, client, handle) = Pair.connected(
            seed: UInt64(seed), conditions: Self.hostile)
        var random = SeededRandom(seed: UInt64(seed))
        let all = (0..<2_000).map { index in
            numbered(index, random.below(50) == 0 ? Int(random.below(30_000)) : 20)
        }
        var sent = 0
        pair.run(limit: .seconds(600)) {
            while sent < all.count,
                pair.send(
                    all[sent], .unordered, Priority(rawValue: UInt8(sent % 4))!, to: handle)
            {
                sent += 1
            }
            return client.messages.count < all.count
        }
        pair.run(for: .seconds(3))
        #expect(client.messages.allSatisfy { $0.delivery == .unordered })
        let arrived = client.messages.map(number)
        #expect(arrived != arrived.sorted(), "nothing waits for what came before it")
        #expect(client.messages.sorted { number($0) < number($1) }.map(\.bytes) == all)
        #expect(pair.statistics(of: handle)?.queuedBytes == 0)
    }

    @Test func anUnorderedMessageIsNotHeldUpByOneThatIsLost() {
        let (pair, client, handle) = Pair.connected()
        pair.link.conditions.loss = Ratio(1, in: 1)
        #expect(pair.send([1], .unordered, to: handle))
        #expect(pair.send([1], stream: 0, to: handle))
        pair.step()
        pair.link.conditions.loss = .never
        #expect(pair.send([2], .unordered, to: handle))
        #expect(pair.send([2], stream: 0, to: handle))
        pair.step()
        pair.step()
        #expect(client.messages == [Message(delivery: .unordered, bytes: [2])])
        pair.run(for: .seconds(1))
        #expect(client.messages.map(\.bytes) == [[2], [1], [1], [2]] || client.messages.count == 4)
    }

    @Test func ofASequencedChannelNothingComesAfterSomethingNewer() {
        let (pair, client, handle) = Pair.connected(seed: 3, conditions: Self.hostile)
        for index in 0..<2_000 {
            #expect(pair.send(numbered(index, 10), .sequenced(channel: 7), to: handle))
            #expect(pair.send(numbered(index, 10), .sequenced(channel: 8), to: handle))
            pair.step()
        }
        pair.run(for: .seconds(1))
        for channel in UInt8(7)...8 {
            let arrived = client.messages
                .filter { $0.delivery == .sequenced(channel: channel) }.map(number)
            #expect(arrived.count > 500)
            #expect(zip(arrived, arrived.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect((client.statistics?.messagesOutdated ?? 0) > 100)
    }

    @Test func anUnreliableMessageComesOnceOrNever() {
        let (pair, client, handle) = Pair.connected(
            seed: 4,
            conditions: LinkConditions(
                loss: Ratio(1, in: 5), duplication: Ratio(1, in: 5), delay: .milliseconds(20)))
        for index in 0..<1_000 {
            #expect(pair.send(numbered(index, 100), .unreliable, to: handle))
            pair.step()
        }
        pair.run(for: .seconds(2))
        let arrived = client.messages.map(number)
        #expect(Set(arrived).count == arrived.count)
        #expect(arrived.count > 700 && arrived.count < 900)
    }

    @Test func whatIsTooLongForItsDeliveryIsNotTaken() {
        let (pair, _, handle) = Pair.connected()
        let most = [UInt8](repeating: 0, count: TransportLimits.datagramMessageBytes)
        let long = [UInt8](repeating: 0, count: TransportLimits.messageBytes + 1)
        #expect(pair.send(most, .unreliable, to: handle))
        #expect(pair.send(most, .sequenced(channel: 0), to: handle))
        #expect(!pair.send(most + [0], .unreliable, to: handle))
        #expect(!pair.send(most + [0], .sequenced(channel: 0), to: handle))
        #expect(!pair.send(long, .unordered, to: handle))
        #expect(!pair.send(long, stream: 0, to: handle))
    }

    @Test func unreliableMessagesThatCannotLeaveGrowOldAndAreDropped() {
        let (pair, client, handle) = Pair.connected()
        for index in 0..<10 {
            #expect(pair.send(numbered(index, 10), .unreliable, to: handle))
            #expect(pair.send(numbered(index, 10), .sequenced(channel: 0), to: handle))
        }
        pair.now = pair.now + TransportLimits.datagramMessageAge
        pair.run(for: .seconds(1))
        #expect(client.messages.isEmpty)
        #expect(pair.statistics(of: handle)?.messagesDropped == 20)
    }

    @Test func unreliableMessagesAreCappedByTheirNumberAndTheirBytes() throws {
        for size in [0, 1_024] {
            let (pair, client, handle) = Pair.connected()
            client.isAwake = false
            while pair.sendAppFrame(to: handle, byteCount: 1_000) != nil {}
            let before = try #require(pair.statistics(of: handle)?.messagesDropped)
            for _ in 0..<1_000 {
                #expect(pair.send([UInt8](repeating: 0, count: size), .unreliable, to: handle))
            }
            let dropped = try #require(pair.statistics(of: handle)?.messagesDropped) - before
            #expect(dropped == (size == 0 ? 1_000 - 256 : 1_000 - 64), "\(size)")
        }
    }

    @Test func whatIsUrgentGoesFirst() {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(20)))
        let long = [UInt8](repeating: 1, count: 100_000)
        #expect(pair.send(long, .ordered(stream: 0), .low, to: handle))
        #expect(pair.send(long, .unordered, .normal, to: handle))
        #expect(pair.send(long, .ordered(stream: 3), .urgent, to: handle))
        #expect(pair.send(long, .unordered, .high, to: handle))
        pair.run(limit: .seconds(60)) { client.messages.count < 4 }
        let deliveries = client.messages.map(\.delivery)
        #expect(
            deliveries == [
                .ordered(stream: 3), .unordered, .unordered, .ordered(stream: 0),
            ])
    }

    /// An endless supply of urgent messages: the low one gets its share of packets all the same.
    @Test func nothingStarves() {
        let (pair, client, handle) = Pair.connected()
        #expect(
            pair.send([UInt8](repeating: 1, count: 5_000), .ordered(stream: 1), .low, to: handle))
        #expect(pair.send([7], .unreliable, .low, to: handle))
        let before = pair.statistics(of: handle)!.packetsSent
        let filler = [UInt8](repeating: 2, count: 1_000)
        pair.run(limit: .seconds(30)) {
            while pair.send(filler, .ordered(stream: 0), .urgent, to: handle) {}
            return !client.messages.contains { $0.delivery == .ordered(stream: 1) }
        }
        let packets = pair.statistics(of: handle)!.packetsSent - before
        #expect(client.messages.contains { $0.delivery == .ordered(stream: 1) })
        #expect(packets > 16 && packets < 6 * 17 + 80, "\(packets)")
    }

    /// The client says that it takes more than the least; the server keeps no more than it wants to.
    @Test func aWindowGrowsWhereBothEndsWantIt() {
        let message = [UInt8](repeating: 1, count: 200_000)
        var taken: [Int] = []
        for limit in [TransportLimits.windowBytes, 1 << 21, 1 << 24] {
            let (pair, client, handle) = Pair.connected { $0.queueLimit = limit }
            var count = 0
            while pair.send(message, stream: 0, to: handle) { count += 1 }
            pair.run(limit: .seconds(60)) { client.messages.count < count }
            #expect(client.messages.count == count && client.state == .connected)
            taken.append(count)
            var sent = 0
            while client.send(message, stream: 0) { sent += 1 }
            #expect(sent == 2, "the server takes the least")
        }
        #expect(taken == [2, 10, 20], "two of the largest; 2 MiB; the client's 4 MiB")
    }

    @Test func datagramsArePackedFull() throws {
        var random = SeededRandom(seed: 9)
        let (pair, client, handle) = Pair.connected()
        var sizes: [Int] = []
        pair.tap = { source, bytes in
            if source == Pair.serverAddress { sizes.append(bytes.count) }
        }
        var sent = 0
        while sent < 100 {
            let message = [UInt8](repeating: 1, count: Int(random.below(3_000)))
            if pair.send(message, .unordered, to: handle) { sent += 1 }
        }
        pair.run(limit: .seconds(20)) { client.messages.count < sent }
        let large = sizes.filter { $0 > 100 }
        let fill = Double(large.reduce(0, +)) / Double(large.count * 1_200)
        #expect(client.messages.count == sent)
        #expect(fill > 0.93, "\(fill) of \(large.count) datagrams")
    }
}
