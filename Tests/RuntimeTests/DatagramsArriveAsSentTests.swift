import CairnBasics
import CairnRuntime
import Testing

@Suite struct DatagramsArriveAsSentTests {
    @Test(arguments: NetworkAddress.loopbacks)
    func thousandsOfDatagramsComeBackFromAnEcho(address: NetworkAddress) throws {
        let loop = try Loop()
        defer { loop.close() }
        let echo = Recorder()
        echo.echoes = true
        let server = try DatagramSocket(loop: loop, address: address, receiver: echo)
        let answers = Recorder()
        let client = try DatagramSocket(loop: loop, address: address, receiver: answers)

        var random = SeededRandom(seed: 1)
        var sent: [[UInt8]] = []
        for round in 0..<40 {
            let datagrams = (0..<150).map { _ in
                (0..<random.below(1_201)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
            sent += datagrams
            client.send(batch(datagrams, to: server.localAddress))
            #expect(
                loop.poll { answers.datagrams.count == sent.count }, "round \(round) lost some")
        }
        #expect(answers.datagrams == sent)
        #expect(answers.sources.allSatisfy { $0 == server.localAddress })
        #expect(echo.sources.allSatisfy { $0 == client.localAddress })
        let bytes = sent.reduce(0) { $0 + $1.count }
        #expect(client.statistics.sentDatagrams == 6_000)
        #expect(client.statistics.sentBytes == bytes)
        #expect(server.statistics.receivedDatagrams == 6_000)
        #expect(server.statistics.receivedBytes == bytes)
        #expect(client.statistics.droppedDatagrams + client.statistics.failedDatagrams == 0)
        #expect(echo.burstCount < 6_000, "datagrams were received one at a time")
    }

    @Test(.enabled(if: NetworkAddress.hasIPv6))
    func aSocketForAllAddressesSeesIPv4PeersAsIPv4() throws {
        let loop = try Loop()
        defer { loop.close() }
        let echo = Recorder()
        echo.echoes = true
        let anywhere = NetworkAddress(high: 0, low: 0, port: 0)
        let server = try DatagramSocket(loop: loop, address: anywhere, receiver: echo)
        let answers = Recorder()
        let client = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: answers)
        let target = NetworkAddress(ipv4: 0x7f00_0001, port: server.localAddress.port)
        client.send(batch([[1, 2, 3]], to: target))
        #expect(loop.poll { answers.datagrams == [[1, 2, 3]] })
        #expect(echo.sources == [client.localAddress])
        #expect(answers.sources == [target])
    }

    @Test func aReceiverMayChangeTheDatagramInPlace() throws {
        final class Inverter: DatagramReceiver {
            var opened: [UInt8] = []
            func receive(
                _ datagram: inout MutableRawSpan, from _: NetworkAddress, on _: DatagramSocket
            ) {
                for index in 0..<datagram.byteCount {
                    let byte = datagram.bytes.array[index]
                    datagram.storeBytes(of: ~byte, toByteOffset: index, as: UInt8.self)
                }
                opened = datagram.bytes.array
            }
        }
        let loop = try Loop()
        defer { loop.close() }
        let inverter = Inverter()
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: inverter)
        socket.send(batch([[0, 1, 0xff]], to: socket.localAddress))
        #expect(loop.poll { inverter.opened == [0xff, 0xfe, 0] })
    }

    @Test func anEmptyDatagramIsDeliveredAndCounted() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        socket.send(batch([[], [7], []], to: socket.localAddress))
        #expect(loop.poll { recorder.datagrams == [[], [7], []] })
        #expect(socket.statistics.emptyDatagrams == 2)
    }
}

@Suite struct ManyDatagramsAreFewMessagesTests {
    @Test(arguments: NetworkAddress.loopbacks)
    func datagramsOfOneLengthGoAsOneMessageAndArriveAsThemselves(
        address: NetworkAddress
    ) throws {
        let loop = try Loop()
        defer { loop.close() }
        let one = Recorder()
        let receiver = try DatagramSocket(loop: loop, address: address, receiver: one)
        let sender = try DatagramSocket(loop: loop, address: address, receiver: Recorder())
        // 40 equal ones and a shorter last are one message; a longer one starts another.
        let sizes = [Int](repeating: 1_200, count: 40) + [700] + [900, 900, 300, 301]
        let datagrams = sizes.enumerated().map { index, size in
            [UInt8](repeating: UInt8(index), count: size)
        }
        sender.send(batch(datagrams, to: receiver.localAddress))
        #expect(loop.poll { one.datagrams.count == datagrams.count })
        #expect(one.datagrams == datagrams)
        #expect(sender.statistics.sentDatagrams == 45)
        #expect(sender.statistics.refusedSegmentations == 0)
        guard sender.segmentsMessages else { return }
        #expect(sender.statistics.sentMessages == 3)
        if receiver.joinsMessages { #expect(receiver.statistics.receivedMessages == 3) }
    }

    @Test func aRunEndsWhereTheAddressTheCountOrTheBytesDo() throws {
        let loop = try Loop()
        defer { loop.close() }
        let one = Recorder()
        let first = try DatagramSocket(loop: loop, address: .anyLoopbackPort, receiver: one)
        let other = Recorder()
        let second = try DatagramSocket(loop: loop, address: .anyLoopbackPort, receiver: other)
        var batch = DatagramBatch(capacity: 1_000, byteCapacity: 400_000)
        for index in 0..<130 { batch.append([UInt8(index)].rawBytes, to: first.localAddress) }
        let large = [UInt8](repeating: 7, count: 30_000)
        for _ in 0..<5 { batch.append(large.rawBytes, to: second.localAddress) }
        for _ in 0..<3 { batch.append(RawSpan(), to: first.localAddress) }
        first.send(batch)
        #expect(loop.poll { one.datagrams.count == 133 && other.datagrams.count == 5 })
        #expect(one.datagrams == (0..<130).map { [UInt8($0)] } + [[], [], []])
        #expect(other.datagrams.allSatisfy { $0 == large })
        guard first.segmentsMessages else { return }
        // 64 + 64 + 2 tiny ones, 2 + 2 + 1 large ones, and empty ones go alone.
        #expect(first.statistics.sentMessages == 9)
    }

    @Test func theKernelDropsWhatHasNoneOfTheShapes() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        #expect(
            socket.accept(only: [
                DatagramShape(firstByte: 0x02, mask: 0xbf, minimumBytes: 4),
                DatagramShape(firstByte: 0x01, minimumBytes: 6, magic: 0x4341_4952),
            ]))
        let hello: [UInt8] = [1] + Array("CAIR".utf8) + [0]
        let wanted: [[UInt8]] = [[2, 0, 0, 0], [0x42, 9, 9, 9, 9], hello, hello + [1, 2, 3]]
        let unwanted: [[UInt8]] = [
            [], [2], [2, 0, 0], [3, 0, 0, 0], [0x82, 0, 0, 0], [1], Array(hello.dropLast()),
            [1] + Array("CAIS".utf8) + [0], [1] + Array("XAIR".utf8) + [0],
        ]
        let sender = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: Recorder())
        // One by one, so that none is joined to another.
        for datagram in unwanted + wanted + unwanted {
            sender.send(batch([datagram], to: socket.localAddress))
        }
        #expect(loop.poll { recorder.datagrams.count >= wanted.count })
        loop.poll()
        #expect(recorder.datagrams == wanted)
        #expect(socket.kernelDropCount == unwanted.count * 2)
    }

    @Test func theLargestDatagramOfAllArrives() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        let limit = DatagramBatch.maximumDatagramBytes
        var batch = DatagramBatch(capacity: 4, byteCapacity: 4 * limit)
        let bytes = (0..<limit).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for size in [limit, limit - 1, 1] {
            batch.append(bytes.rawBytes.extracting(0..<size), to: socket.localAddress)
        }
        #expect(batch.room == limit)
        socket.send(batch)
        #expect(loop.poll { recorder.datagrams.count == 3 })
        #expect(recorder.datagrams.map(\.count) == [limit, limit - 1, 1])
        #expect(recorder.datagrams[0] == bytes)
    }

    @Test func aSocketThatIsNeverEmptyDoesNotKeepTheTickWaiting() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        // Each datagram is answered by another to itself: the socket never runs dry.
        recorder.echoes = true
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        socket.send(batch([[UInt8]](repeating: [1], count: 2_000), to: socket.localAddress))
        var ticks = 0
        let timer = try RepeatingTimer(loop: loop, period: .milliseconds(1)) { _ in
            ticks += 1
            if ticks == 20 { loop.stop() }
        }
        #expect(try loop.runUntilStopped())
        timer.close()
        #expect(ticks == 20)
        #expect(recorder.datagrams.count > 2_000)
        #expect(recorder.longestBurst < 600, "\(recorder.longestBurst) datagrams in one burst")
    }
}

@Suite struct ABadNetworkIsCountedAndSurvivedTests {
    @Test func anUnreachableAddressDoesNotHoldUpTheRestOfTheBatch() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        let ipv6 = NetworkAddress(high: 0x2001_0db8 << 32, low: 1, port: 9)
        var batch = DatagramBatch(capacity: 100)
        for index in 0..<100 {
            let datagram = [UInt8(index)]
            // Every tenth cannot go from an IPv4 socket; so can the very first and the last.
            let isBad = index % 10 == 0 || index == 99
            batch.append(datagram.rawBytes, to: isBad ? ipv6 : socket.localAddress)
        }
        socket.send(batch)
        #expect(loop.poll { recorder.datagrams.count == 89 })
        #expect(recorder.datagrams.allSatisfy { $0[0] % 10 != 0 && $0[0] != 99 })
        #expect(socket.statistics.failedDatagrams == 11)
        #expect(socket.statistics.sentDatagrams == 89)
    }

    @Test func whatOverflowsTheReceiveBufferIsCountedByTheKernel() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        let small = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, bufferBytes: 8_192, receiver: recorder)
        #expect(small.receiveBufferBytes < 16_384)
        // Each is longer than the one before, so that none are joined.
        let datagrams = (0..<200).map { [UInt8](repeating: 1, count: 900 + $0) }
        small.send(batch(datagrams, to: small.localAddress))
        #expect(loop.poll { recorder.datagrams.count + small.kernelDropCount >= 200 })
        #expect(small.kernelDropCount > 0)
        #expect(recorder.datagrams.count > 0)
    }

    @Test func aClosedSocketSendsNothingAndCountsIt() throws {
        let loop = try Loop()
        defer { loop.close() }
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: Recorder())
        socket.close()
        socket.close()
        socket.send(batch([[1], [2]], to: socket.localAddress))
        #expect(socket.statistics.droppedDatagrams == 2)
        #expect(socket.statistics.sentDatagrams == 0)
    }

    @Test func aSocketClosedWhileItReceivesDeliversNoMore() throws {
        let loop = try Loop()
        defer { loop.close() }
        let recorder = Recorder()
        recorder.onDatagram = { $0.close() }
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: recorder)
        socket.send(batch([[1], [2], [3]], to: socket.localAddress))
        #expect(loop.poll { loop.openHandleCount == 0 })
        loop.poll()
        #expect(recorder.datagrams == [[1]])
    }
}

@Suite struct OpeningSaysWhatIsWrongTests {
    @Test func aTakenPortIsNamedWithAWayOut() throws {
        let loop = try Loop()
        defer { loop.close() }
        let first = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: Recorder())
        let error = #expect(throws: LoopError.self) {
            _ = try DatagramSocket(
                loop: loop, address: first.localAddress, receiver: Recorder())
        }
        #expect(
            error?.description == """
                cannot bind \(first.localAddress): address already in use; \
                another program has this port: stop it, or choose another port
                """)
        #expect(loop.openHandleCount == 1, "the socket that failed is still open")
    }

    @Test func anAddressOfAnotherMachineIsRefused() throws {
        let loop = try Loop()
        defer { loop.close() }
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        let address = NetworkAddress(ipv4: 0xc000_0201, port: 0)
        let error = #expect(throws: LoopError.self) {
            _ = try DatagramSocket(loop: loop, address: address, receiver: Recorder())
        }
        #expect(error?.description.contains("cannot bind 192.0.2.1:0") == true)
        #expect(error?.description.contains("choose one that it has") == true)
    }

    @Test func aGrantedBufferIsReported() throws {
        let loop = try Loop()
        defer { loop.close() }
        let socket = try DatagramSocket(
            loop: loop, address: .anyLoopbackPort, receiver: Recorder())
        #expect(socket.receiveBufferBytes >= 65_536)
        #expect(socket.sendBufferBytes >= 65_536)
    }
}
