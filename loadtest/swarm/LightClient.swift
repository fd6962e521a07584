// A real client that keeps no picture of the world: it joins, enters, acknowledges, opens every packet,
// reads the tick frame, counts the states that blocks bring, and steers at the world's rate. That is what
// a crowd of thousands can afford on one core beside a few that decode and compare everything.
//
// Allocates nothing for a packet, apart from the messages of joining.

import CairnBasics
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

struct LightClient: ~Copyable {
    enum Phase { case joining, entering, present, ended }

    /// Inputs in one packet: the newest and a few that may have been lost on the way.
    private static let inputsPerPacket = 4
    private static let inputBytes = inputsPerPacket * SteeringInput.encodedByteCount

    private var endpoint: ClientEndpoint
    private var walk: Walk
    private(set) var phase = Phase.joining
    private(set) var endReason: CloseReason?
    private var inputClock = InputClock()
    private var steppedAt: Instant?
    private var sequence: UInt32 = 1
    /// The newest inputs as they go over the wire, oldest first.
    private var inputs = InlineArray<64, UInt8>(repeating: 0)
    private var inputCount = 0
    private var place: Position?
    private(set) var newestTick: Tick?
    /// Whether it takes packets when they come, so that it can tell how old they are.
    private let isAttentive: Bool
    /// What the transport had counted when the tally was last brought up to date.
    private var missing: Int64 = 0

    init(
        token: ConnectToken, server: NetworkAddress, walk: Walk, isAttentive: Bool, seed: [UInt8],
        now: Instant
    ) {
        self.isAttentive = isAttentive
        endpoint = ClientEndpoint(token: token, server: server, entropySeed: seed, now: now)
        self.walk = walk
    }

    var roundTrip: TimeSpan? { endpoint.statistics?.roundTrip }

    /// Share of sent packets that were lost, as a pair of lost and settled ones.
    var lossesUp: (lost: UInt64, settled: UInt64) {
        guard let statistics = endpoint.statistics else { return (0, 0) }
        return (statistics.packetsLost, statistics.packetsLost + statistics.packetsAcknowledged)
    }

    /// Takes in one datagram, opened where it stands.
    mutating func handle(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant,
        _ commons: Commons
    ) {
        commons.tally.bytes &+= UInt64(datagram.byteCount)
        switch endpoint.handle(&datagram, from: address, now: now) {
        case .nothing: return
        case .connected:
            phase = .entering
            say(.enter(Entrance()))
        case .closed(let reason): end(reason)
        case .packet(let payload):
            commons.tally.packets &+= 1
            readFrames(datagram.bytes.extracting(payload), now: now, commons)
            while let message = endpoint.pollMessage() { take(message, commons) }
            while endpoint.pollReceipt() != nil {}
        }
    }

    /// Lets time pass and writes what is due.
    mutating func poll(into batch: inout DatagramBatch, now: Instant, _ commons: Commons) {
        if let reason = endpoint.handleTimeout(now: now) { end(reason) }
        guard phase != .ended else { return }
        let (datagrams, bytes) = (batch.count, batch.byteCount)
        endpoint.pollHandshake(now: now, into: &batch)
        guard phase != .joining else { return }
        var owesMotion = phase == .present && steer(now: now, commons)
        while owesMotion || endpoint.needsPacket(now: now) {
            guard !batch.isFull, endpoint.beginPacket(now: now) else { break }
            if owesMotion {
                let span = inputs.span
                let bytes = unsafe span.bytes.extracting(
                    last: inputCount * SteeringInput.encodedByteCount)
                _ = endpoint.appendFrame(.steering, bytes)
            }
            owesMotion = false
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
        }
        commons.tally.datagramsSent &+= UInt64(batch.count &- datagrams)
        commons.tally.bytesSent &+= UInt64(batch.byteCount &- bytes)
    }

    /// Brings the shared count of lost packets up to date; once a second is enough.
    mutating func settle(_ commons: Commons) {
        guard let statistics = endpoint.statistics else { return }
        let now = Int64(clamping: statistics.packetsMissing)
        commons.tally.missing += now - missing
        missing = now
    }

    mutating func leave(into batch: inout DatagramBatch, now: Instant) {
        guard endpoint.state == .connected, !batch.isFull else { return }
        endpoint.close(CloseReason(.normal), now: now, into: &batch)
        end(CloseReason(.normal))
    }
}

extension LightClient {
    private mutating func end(_ reason: CloseReason) {
        phase = .ended
        endReason = endReason ?? reason
    }

    private mutating func say(_ message: ClientMessage) {
        let bytes = try? encodeBytes(capacity: ClientMessage.byteLimit) {
            (writer) throws(CodecError) in try message.encode(into: &writer)
        }
        guard let bytes, endpoint.send(bytes, stream: ClientMessage.stream) else {
            return end(CloseReason(.overrun))
        }
    }

    private mutating func take(_ message: Message, _ commons: Commons) {
        guard phase == .entering, message.delivery == .ordered(stream: ServerMessage.stream) else {
            return
        }
        guard case .welcome(let welcome)? = try? ServerMessage(decoding: message.bytes.rawBytes),
            commons.describe(welcome.description) != nil
        else {
            commons.tally.decodeErrors &+= 1
            return
        }
        phase = .present
        say(.ready)
    }

    private mutating func readFrames(_ payload: RawSpan, now: Instant, _ commons: Commons) {
        var reader = FrameReader(payload)
        var tick: Tick?
        do throws(CodecError) {
            while let frame = try reader.next() {
                if frame.type.isTransport { continue }
                if frame.type == .tick {
                    var body = ByteReader(frame.body)
                    let head = try TickFrame(decoding: &body)
                    tick = head.tick
                    take(head, now: now, commons)
                } else if let tick {
                    let states = try commons.census?.states(frame.type, frame.body, tick: tick)
                    commons.tally.updates &+= UInt64(states ?? 0)
                }
            }
        } catch {
            commons.tally.decodeErrors &+= 1
        }
    }

    private mutating func take(_ head: TickFrame, now: Instant, _ commons: Commons) {
        if isAttentive { commons.noteAge(serverMilliseconds: head.serverMilliseconds, now: now) }
        guard newestTick.map({ head.tick.isNewer(than: $0) }) ?? true else { return }
        newestTick = head.tick
        commons.note(head.tick)
        commons.tally.ticks &+= 1
        if let own = head.ownMotion { place = own.position }
    }

    /// Walks on from where the server has the body, and notes the inputs of the time since the last
    /// step.
    /// - Returns: True when there is something to send.
    private mutating func steer(now: Instant, _ commons: Commons) -> Bool {
        guard let place, let description = commons.description else { return false }
        let step = walk.step(from: place, in: description, now: now)
        // Who slept does not catch up: nobody saw where it would have walked.
        inputClock.add(min(now - (steppedAt ?? now - .milliseconds(50)), .milliseconds(250)))
        steppedAt = now
        while let milliseconds = inputClock.next() {
            append(
                SteeringInput(
                    sequence: sequence, durationMilliseconds: milliseconds,
                    velocity: step.velocity, orientation: step.orientation,
                    animation: step.velocity == .zero ? 0 : 1))
            sequence &+= 1
        }
        return inputCount > 0
    }

    private mutating func append(_ input: SteeringInput) {
        let size = SteeringInput.encodedByteCount
        for index in 0..<Self.inputBytes - size { inputs[index] = inputs[index + size] }
        var span = inputs.mutableSpan
        var all = unsafe span.mutableBytes
        var writer = ByteWriter(all._mutatingExtracting(last: size))
        // Cannot fail: the room is an input's.
        try? input.encode(into: &writer)
        inputCount = min(inputCount + 1, Self.inputsPerPacket)
    }
}
