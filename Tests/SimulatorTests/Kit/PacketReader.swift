import CairnBasics
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

/// A client in few lines: it joins, enters, steers like a person and acknowledges; if it `reads`, it
/// notes what the bytes of every packet are for.
final class PacketReader {
    private enum Phase { case joining, entering, present }

    private(set) var entity = EntityID.none
    /// Bytes by what they are for; of those that arrived, but for headers.
    var tally: [String: Int] = [:]
    /// Blocks by frame type.
    var place = Position.origin

    private var endpoint: ClientEndpoint
    private let reads: Bool
    private var person: Promenader
    private var phase = Phase.joining
    private var inputs: [SteeringInput] = []
    private var sequence: UInt32 = 0

    init(
        token: ConnectToken, entropySeed: [UInt8], reads: Bool, _ person: Promenader, now: Instant
    ) {
        endpoint = ClientEndpoint(
            token: token, server: Promenade.serverAddress, entropySeed: entropySeed, now: now)
        self.reads = reads
        self.person = person
    }

    func countHeaders() {
        tally["headers and tag", default: 0] +=
            Promenade.headerBytes + PacketHeader.serverBytes + 16
        tally["packets", default: 0] += 1
    }

    func receive(_ datagram: inout MutableRawSpan, records: Bool, now: Instant) {
        if case .packet(let payload) = endpoint.handle(
            &datagram, from: Promenade.serverAddress, now: now), reads, records
        {
            note(datagram.bytes.extracting(payload))
        }
        while let message = endpoint.pollMessage() {
            guard
                case .welcome(let welcome)? = try? ServerMessage(
                    decoding: message.bytes.rawBytes)
            else { continue }
            entity = welcome.entity
            say(.ready)
            phase = .present
        }
        while endpoint.pollReceipt() != nil {}
    }

    private func note(_ payload: RawSpan) {
        var frames = FrameReader(payload)
        while let frame = try? frames.next() {
            let length = frame.body.byteCount
            let name =
                switch frame.type {
                case .acknowledgement: "acknowledgements"
                case .pong: "pongs"
                case .tick: "tick frames"
                case .keyframeBlock: "keyframes"
                case .changeBlock: "changes"
                case .propertyBlock: "properties"
                case .pageDigest: "digests"
                case .cellLeave: "leaves"
                default: "other"
                }
            tally[name, default: 0] += length
            tally["frame heads", default: 0] += length < 64 ? 2 : 3
            tally["\(name), count", default: 0] += 1
            if frame.type == .changeBlock { noteChange(frame.body) }
        }
    }

    private func noteChange(_ body: RawSpan) {
        var reader = ByteReader(body)
        guard (try? reader.getVarint()) != nil, let head = try? reader.getVarint() else { return }
        if head & 2 != 0 { _ = try? reader.getVarint() }
        if head & 4 != 0 { _ = try? reader.getVarint() }
        tally["of changes, heads", default: 0] += body.byteCount - reader.remaining
        let kind = head & 6 != 0 ? "with crossings" : head & 1 != 0 ? "keyframes" : "others"
        tally["of changes, \(kind)", default: 0] += reader.remaining
        tally["of changes, \(kind), count", default: 0] += 1
    }

    /// - Parameter isTurn: once a tick, when the person makes up its mind.
    func step(isTurn: Bool, now: Instant, into batch: inout DatagramBatch) {
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        guard endpoint.state == .connected else { return }
        if phase == .joining {
            say(.enter(Entrance(interestMetres: 0)))
            phase = .entering
        }
        let steers = isTurn && phase == .present
        guard steers || endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) else {
            return
        }
        if steers { _ = endpoint.appendFrame(.steering, steering(now: now).rawBytes) }
        _ = endpoint.finishPacket(now: now, into: &batch)
    }

    private func say(_ message: ClientMessage) {
        let bytes = encodeBytes(growingFrom: 64) { (writer) throws(CodecError) in
            try message.encode(into: &writer)
        }
        _ = endpoint.send(bytes, stream: ClientMessage.stream)
    }

    private func steering(now: Instant) -> [UInt8] {
        let wish = person.step(from: place, now: now)
        sequence += 1
        if inputs.count == 4 { inputs.removeFirst() }
        inputs.append(
            SteeringInput(
                sequence: sequence, durationMilliseconds: 50, velocity: wish.velocity,
                orientation: wish.orientation,
                animation: wish.velocity == .zero ? 0 : 1))
        let inputs = inputs
        return encodeBytes(growingFrom: SteeringInput.encodedByteCount * 4) {
            (writer) throws(CodecError) in
            for input in inputs { try input.encode(into: &writer) }
        }
    }
}
