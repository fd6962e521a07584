// Zero means zero: every call of malloc and its kin on this thread is counted (Tests/MallocCounter).
// What the zero covers: `ServerEndpoint` and `ClientEndpoint` from `handle` to `finishPacket`, with
// seals, acknowledgements, receipts, pings and frames of the application, once a connection has been
// through all of it; and everything that a stranger can make a server read. What it does not cover:
// joins that are let in, and reliable messages, whose bytes the caller gets to keep.

import CairnBasics
import CairnTransport
import CairnWire
import MallocCounter
import Testing

#if !DEBUG
    @Suite(.serialized) struct NothingIsAllocatedTests {
        @Test func theCounterCounts() {
            var kept: [[UInt8]] = []
            kept.reserveCapacity(20)
            let counted = allocations {
                for size in 1...10 { kept.append([UInt8](repeating: 0, count: size * 100)) }
            }
            #expect(counted == 10 && kept.count == 10)
        }

        @Test func tenThousandPacketsEachWayAllocateNothing() {
            let life = SteadyLife()
            life.exchange(packets: 2_000)
            let before = life.opened
            let counted = allocations { life.exchange(packets: 10_000) }
            #expect(counted == 0)
            #expect(life.opened - before >= 20_000, "as many were opened as were sent")
            #expect(life.framesRead >= 20_000)
            #expect(life.acknowledged > 15_000, "acknowledgements and receipts were at work")
        }

        @Test(arguments: Rejected.allCases)
        func whatAStrangerSendsAllocatesNothingAndGetsNoAnswer(_ rejected: Rejected) {
            let door = Door()
            let datagrams = door.datagrams(rejected)
            door.handle(datagrams)  // What is made once, at the first of a kind, is made.
            let before = door.refused(rejected)
            let counted = door.handle(datagrams)
            // Whoever shows a good token that he has seen go by has the server decrypt it into memory
            // that it wipes; he needs an address of his own for that, and gets 50 a second.
            let most = rejected == .badProof ? 8 * datagrams.count : 0
            #expect(counted <= most, "allocations for \(datagrams.count) datagrams")
            #expect(door.replyCount == 0)
            #expect(
                door.refused(rejected) - before == UInt64(datagrams.count),
                "each was refused for the reason it was made for")
        }

        /// A first hello is the one thing that a stranger gets an answer to.
        @Test func noMoreThanAThirdOfWhatCameIsSentToAnAddressThatIsNotProven() {
            let door = Door()
            for rejected in Rejected.allCases { door.handle(door.datagrams(rejected)) }
            let hello = door.firstHello()
            var received = 0
            for _ in 0..<100 {
                door.handle([hello])
                received += hello.bytes.count
            }
            #expect(door.replyCount > 0, "a first hello is answered")
            #expect(Double(door.replyBytes) <= 0.35 * Double(received))
            #expect(door.largestReply <= 1_200 * 35 / 100)
        }

        @Test func aFirstHelloAllocatesNothing() {
            let door = Door()
            let hello = door.firstHello()
            door.handle([hello])
            #expect(door.handle([hello]) == 0)
            #expect(door.replyCount == 2)
        }
    }
#endif

func allocations(_ body: () -> Void) -> Int {
    malloc_counter_unhook_errors()
    let before = malloc_counter_count()
    body()
    let counted = Int(malloc_counter_count() - before)
    malloc_counter_hook_errors()
    return counted
}

/// A joined pair that exchanges packets hand to hand: no link between them, which would allocate.
final class SteadyLife {
    private let pair: Pair
    private let client: TestClient
    private let handle: ConnectionHandle
    private var batch = DatagramBatch(capacity: 4)
    private var wire = [UInt8](repeating: 0, count: DatagramBatch.datagramBytes)
    private let body = [UInt8](repeating: 7, count: 200)
    private(set) var opened = 0
    private(set) var framesRead = 0
    private(set) var acknowledged = 0

    init() {
        let (pair, client, handle) = Pair.connected()
        pair.run(for: .milliseconds(500))
        self.pair = pair
        self.client = client
        self.handle = handle
    }

    func exchange(packets: Int) {
        for _ in 0..<packets {
            pair.now = pair.now + .milliseconds(20)
            fromServer()
            fromClient()
        }
    }

    private func fromServer() {
        let body = body
        _ = pair.server.handleTimeout(now: pair.now)
        guard pair.server.beginPacket(to: handle, now: pair.now) else { return }
        _ = pair.server.appendFrame(.changeBlock, body.rawBytes)
        _ = pair.server.finishPacket(now: pair.now, into: &batch)
        carry { span in
            let arrival = client.endpoint.handle(
                &span, from: Pair.serverAddress, now: pair.now)
            if case .packet(let payload) = arrival { read(span.bytes.extracting(payload)) }
        }
        while let receipt = client.endpoint.pollReceipt() { note(receipt) }
    }

    private func fromClient() {
        let body = body
        _ = client.endpoint.handleTimeout(now: pair.now)
        guard client.endpoint.beginPacket(now: pair.now) else { return }
        _ = client.endpoint.appendFrame(.steering, body.rawBytes)
        _ = client.endpoint.finishPacket(now: pair.now, into: &batch)
        carry { span in
            let arrival = pair.server.handle(
                &span, from: client.address, now: pair.now, wallMilliseconds: 0, replies: &batch)
            if case .packet(_, let payload) = arrival { read(span.bytes.extracting(payload)) }
        }
        while let receipt = pair.server.pollReceipt(from: handle) { note(receipt) }
    }

    /// Takes the one datagram out of the batch and hands it over.
    private func carry(_ deliver: (inout MutableRawSpan) -> Void) {
        precondition(batch.count == 1)
        let count = batch.byteCount(0)
        unsafe batch.withArena { arena in
            for index in 0..<count { wire[index] = arena[index] }
        }
        batch.removeAll()
        Self.lend(&wire, count: count, to: deliver)
    }

    private static func lend(
        _ bytes: inout [UInt8], count: Int, to deliver: (inout MutableRawSpan) -> Void
    ) {
        var all = bytes.mutableSpan
        var whole = all.mutableBytes
        var datagram = whole._mutatingExtracting(0..<count)
        deliver(&datagram)
    }

    private func read(_ payload: RawSpan) {
        opened += 1
        var frames = FrameReader(payload)
        while let frame = try? frames.next() { if !frame.type.isTransport { framesRead += 1 } }
    }

    private func note(_ receipt: Receipt) {
        if case .acknowledged = receipt { acknowledged += 1 }
    }
}

/// What a server refuses to read on.
enum Rejected: CaseIterable {
    case empty, garbage, truncated, oversize, unknownID, guessedID, forged, replayed
    case helloOfOtherLength, helloWithoutMagic, badCookie, staleCookie
    case malformedToken, unknownTokenKey, expiredToken, forgedToken, badProof
}

/// A server with one client joined, and every way to be turned away.
final class Door {
    struct Sent {
        var bytes: [UInt8]
        var source: NetworkAddress
    }

    private let pair = Pair()
    private let client: TestClient
    private var seen: [Sent] = []
    private var replies = DatagramBatch(capacity: 64)
    private var random = SeededRandom(seed: 9)
    private(set) var replyCount = 0
    private(set) var replyBytes = 0
    private(set) var largestReply = 0

    init() {
        var seen: [Sent] = []
        pair.tap = { source, bytes in seen.append(Sent(bytes: bytes, source: source)) }
        client = pair.addClient()
        pair.run { client.serverTimeOffset == nil }
        pair.run(for: .milliseconds(300))
        pair.tap = nil
        self.seen = seen.filter { $0.source == client.address }
    }

    /// Lets the server handle copies; returns how many allocations that took.
    @discardableResult func handle(_ datagrams: [Sent]) -> Int {
        var counted = 0
        for datagram in datagrams {
            var bytes = datagram.bytes
            bytes.reserveCapacity(bytes.count + 1)
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            let (now, wall) = (pair.now, pair.wallMilliseconds)
            counted += allocations {
                _ = pair.server.handle(
                    &raw, from: datagram.source, now: now, wallMilliseconds: wall,
                    replies: &replies)
            }
            replyCount += replies.count
            for index in 0..<replies.count {
                replyBytes += replies.byteCount(index)
                largestReply = max(largestReply, replies.byteCount(index))
            }
            replies.removeAll()
        }
        return counted
    }

    /// What the server counts such a datagram as.
    func refused(_ rejected: Rejected) -> UInt64 {
        let counters = pair.counters
        return switch rejected {
        case .forged: counters.forgeriesRefused
        case .replayed: counters.replaysRefused
        case .badCookie, .staleCookie: counters.cookiesRefused
        case .malformedToken: counters.tokensMalformed
        case .unknownTokenKey: counters.tokensOfUnknownKey
        case .expiredToken: counters.tokensExpired
        case .forgedToken: counters.tokensForged
        case .badProof: counters.proofsRefused
        default: counters.datagramsIgnored
        }
    }

    /// Some of a kind, none like another.
    func datagrams(_ rejected: Rejected) -> [Sent] {
        (0..<64).map { turn in
            var sent = template(rejected)
            spoil(&sent.bytes, rejected, turn: turn)
            return sent
        }
    }

    private func template(_ rejected: Rejected) -> Sent {
        switch rejected {
        case .empty, .garbage, .oversize:
            Sent(bytes: [], source: NetworkAddress(ipv4: random.next32(), port: 9))
        case .truncated, .unknownID, .guessedID, .forged, .replayed: lastPacket()
        case .badCookie, .staleCookie, .helloOfOtherLength, .helloWithoutMagic: secondHello()
        case .malformedToken, .unknownTokenKey, .expiredToken, .forgedToken, .badProof:
            freshHello()
        }
    }

    func firstHello() -> Sent {
        seen.first { ClientHello($0.bytes.rawBytes)?.cookie.isEmpty == true }!
    }

    private func secondHello() -> Sent {
        seen.first { ClientHello($0.bytes.rawBytes)?.cookie.isEmpty == false }!
    }

    private func lastPacket() -> Sent { seen.last { $0.bytes[0] & 0xbf == 0x02 }! }

    /// A hello of a client that has just been given its cookie.
    private func freshHello() -> Sent {
        var token = pair.token(identity: 77)
        _ = token.text
        token = pair.token(identity: 78)
        var entropy = SeededEntropy(seed: seedBytes(random.next()))
        let handshake = ClientHandshake(token: token, entropy: &entropy)
        let source = NetworkAddress(ipv4: 0x0a00_0909, port: 4_000)
        var first = handshake.hello(cookie: .empty)
        var span = first.mutableSpan
        var raw = span.mutableBytes
        _ = pair.server.handle(
            &raw, from: source, now: pair.now, wallMilliseconds: pair.wallMilliseconds,
            replies: &replies)
        let reply = CookieReply(replies.datagram(0).rawBytes)!
        replies.removeAll()
        return Sent(bytes: handshake.hello(cookie: reply.cookie), source: source)
    }

    private func spoil(_ bytes: inout [UInt8], _ rejected: Rejected, turn: Int) {
        let tokenAt = 76
        switch rejected {
        case .empty: bytes = []
        case .garbage:
            bytes = (0..<1 + turn * 20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            bytes[0] = 0x80 | bytes[0] & 0x3f
        case .oversize: bytes = [UInt8](repeating: 1, count: 2_000 + turn * 800)
        case .truncated: bytes = Array(bytes.prefix(turn % 13))
        case .unknownID: bytes.replaceSubrange(1..<9, with: random.eightBytes())
        case .guessedID: bytes[1 + turn % 8] ^= 1 << UInt8(turn / 8)
        case .forged:
            bytes.replaceSubrange(9..<13, with: [UInt8(turn), 0, 1, 0])
        case .replayed: break
        case .helloOfOtherLength: if turn % 2 == 0 { bytes.removeLast() } else { bytes.append(0) }
        case .helloWithoutMagic: bytes[1 + turn % 4] ^= 1
        case .badCookie: bytes[60 + turn % 16] ^= 1
        case .staleCookie: bytes[57] ^= UInt8(1 + turn)
        case .malformedToken: bytes[tokenAt] = UInt8(2 + turn)
        case .unknownTokenKey: bytes[tokenAt + 1 + turn % 4] ^= 1
        case .expiredToken:
            bytes.replaceSubrange(
                tokenAt + 13..<tokenAt + 21, with: [UInt8(turn), 0, 0, 0, 0, 0, 0, 0])
        case .forgedToken: bytes[tokenAt + 45 + turn] ^= 1
        case .badProof: bytes[1_184 + turn % 16] ^= 1
        }
    }
}

extension SeededRandom {
    fileprivate mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }
    fileprivate mutating func eightBytes() -> [UInt8] {
        (0..<8).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
