import CairnBasics
import CairnRuntime
import Synchronization
import Testing

@Suite struct ThreadsMeetInMailboxesTests {
    @Test func messagesOfManyThreadsAllArriveEachSendersInOrder() throws {
        struct Letter: Sendable { var sender: Int, number: Int }
        let loop = try Loop()
        defer { loop.close() }
        var received = [Int](repeating: 0, count: 8)
        var total = 0
        var deliveries = 0
        var isInOrder = true
        let mailbox = try Mailbox<Letter>(loop: loop) { letters in
            deliveries += 1
            for letter in letters {
                isInOrder = isInOrder && received[letter.sender] == letter.number
                received[letter.sender] += 1
            }
            total += letters.count
            if total == 40_000 { loop.stop() }
        }
        let threads = try (0..<8).map { sender in
            try SystemThread(name: "sender") {
                for number in 0..<5_000 {
                    while !mailbox.post(Letter(sender: sender, number: number)) {}
                }
            }
        }
        #expect(try loop.runUntilStopped())
        for thread in threads { thread.join() }
        #expect(received == [Int](repeating: 5_000, count: 8))
        #expect(isInOrder)
        #expect(deliveries <= total)
    }

    @Test func aPostWakesALoopThatSleeps() throws {
        let loop = try Loop()
        defer { loop.close() }
        let mailbox = try Mailbox<Int>(loop: loop) { _ in loop.stop() }
        let thread = try SystemThread(name: "waker") {
            sleep(.milliseconds(20))
            mailbox.post(1)
        }
        #expect(try loop.runUntilStopped())
        thread.join()
    }

    @Test func aFullMailboxRefusesAndAClosedOneTakesNothing() throws {
        let loop = try Loop()
        defer { loop.close() }
        var received: [Int] = []
        let mailbox = try Mailbox<Int>(loop: loop, capacity: 2) { received += $0 }
        #expect(mailbox.post(1) && mailbox.post(2))
        #expect(!mailbox.post(3))
        loop.poll()
        #expect(received == [1, 2])
        #expect(mailbox.post(4))
        mailbox.close()
        mailbox.close()
        #expect(!mailbox.post(5))
        loop.poll()
        #expect(received == [1, 2])
    }

    @Test func aMailboxOutlivesItsLoopHarmlessly() throws {
        let loop = try Loop()
        let mailbox = try Mailbox<Int>(loop: loop) { _ in }
        loop.close()
        #expect(!mailbox.post(1))
        mailbox.close()
    }
}

@Suite struct WorkersFinishWhatTheyTookTests {
    @Test func everythingSubmittedIsDoneInOrderBeforeCloseReturns() throws {
        let done = Mutex<[Int]>([])
        let worker = try WorkerThread<Int>(name: "worker") { numbers in
            done.withLock { $0 += numbers }
        }
        for number in 0..<3_000 { #expect(worker.submit(number)) }
        worker.close()
        #expect(done.withLock { $0 } == Array(0..<3_000))
        #expect(!worker.submit(9))
    }

    @Test func aWorkerThatIsBehindGetsItsMessagesInBulkAndRefusesAtItsCap() throws {
        let gate = Atomic(false)
        let bulks = Mutex<[[Int]]>([])
        let worker = try WorkerThread<Int>(name: "slow", capacity: 10) { numbers in
            bulks.withLock { $0.append(numbers) }
            while !gate.load(ordering: .acquiring) {}
        }
        #expect(worker.submit(0))
        while bulks.withLock({ $0.isEmpty }) {}
        for number in 1...10 { #expect(worker.submit(number)) }
        #expect(!worker.submit(11), "the eleventh should not have fitted")
        gate.store(true, ordering: .releasing)
        worker.close()
        #expect(bulks.withLock { $0 } == [[0], Array(1...10)])
    }
}
