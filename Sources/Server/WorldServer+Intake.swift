// What comes in: datagrams become frames and messages, and each finds the part of the server that
// answers it. Nothing a client sends can trap here; what cannot be read ends its session, since an
// honest client does not send it.

public import CairnBasics
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

extension WorldServer {
    /// Takes in one datagram, opened where it stands.
    ///
    /// - Parameter replies: gets what the handshake answers at once; needs room for one datagram.
    public mutating func handle(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant,
        wallMilliseconds: UInt64, replies: inout DatagramBatch
    ) {
        precondition(transmitCursor == nil, "drain pollTransmit before the next datagram")
        newestWallMilliseconds = wallMilliseconds
        let arrival = endpoint.handle(
            &datagram, from: address, now: now, wallMilliseconds: wallMilliseconds,
            replies: &replies)
        switch arrival {
        case .nothing: return
        case .joined(let connection, let identity): admit(connection, identity, now: now)
        case .packet(let connection, let payload):
            // Who is to be ended with this tick is not listened to any more.
            guard let index = sessionIndex(of: connection), sessions[index].removal == nil
            else { return }
            let bytes = datagram.bytes
            readFrames(bytes.extracting(payload), of: connection, now: now)
            readMessages(of: connection, now: now, wallMilliseconds: wallMilliseconds)
        case .closed(let connection, let reason):
            leave(connection, reason: reason)
        }
    }

    /// A datagram that will come to `handle` soon: starts fetching what that will want.
    public mutating func expect(_ datagram: RawSpan) {
        guard let index = endpoint.expect(datagram) else { return }
        sessions.prefetch(index)
    }

    private mutating func readFrames(
        _ payload: RawSpan, of connection: ConnectionHandle, now: Instant
    ) {
        var reader = FrameReader(payload)
        do throws(CodecError) {
            while let frame = try reader.next() {
                switch frame.type {
                case .steering: try takeSteering(frame.body, of: connection, now: now)
                case .poseClaim: try takePoseClaim(frame.body, of: connection, now: now)
                default: continue  // The transport's own, or of a version to come.
                }
            }
        } catch {
            misbehave(connection, "sent a frame that cannot be read (\(error))")
        }
    }

    private mutating func readMessages(
        of connection: ConnectionHandle, now: Instant, wallMilliseconds: UInt64
    ) {
        while let message = endpoint.pollMessage(from: connection) {
            guard message.delivery == .ordered(stream: ClientMessage.stream) else { continue }
            do throws(CodecError) {
                take(
                    try ClientMessage(decoding: message.bytes.rawBytes), of: connection, now: now,
                    wallMilliseconds: wallMilliseconds)
            } catch {
                misbehave(connection, "sent a message that cannot be read (\(error))")
            }
        }
    }

    private mutating func take(
        _ message: ClientMessage, of connection: ConnectionHandle, now: Instant,
        wallMilliseconds: UInt64
    ) {
        guard let index = sessionIndex(of: connection), sessions[index].removal == nil
        else { return }
        switch message {
        case .enter(let entrance):
            enter(index, entrance, now: now, wallMilliseconds: wallMilliseconds)
        case .ready: begin(index, now: now)
        case .intent(let number, let intent):
            take(intent, number: number, of: index, now: now, wallMilliseconds: wallMilliseconds)
        case .seenIntent(let number, let seen, let intent):
            take(
                intent, number: number, seen: seen, of: index, now: now,
                wallMilliseconds: wallMilliseconds)
        case .ask(let number):
            answer(number, of: index, now: now, wallMilliseconds: wallMilliseconds)
        case .sightings(let bytes): takeSightings(bytes, of: index, now: now)
        case .look(let position, let radiusMetres):
            look(index, at: position, radiusMetres: Int(radiusMetres), now: now)
        }
    }

    /// The session of a connection; nil when it has none any more.
    func sessionIndex(of connection: ConnectionHandle) -> Int? {
        let index = connection.index
        guard sessions.contains(index), sessions[index].connection == connection
        else { return nil }
        return index
    }

    /// Puts a message for one client on its reliable stream; a client too slow to take it in is
    /// ended, since it would miss something for ever.
    mutating func send(_ message: ServerMessage, to index: Int) {
        send(encoded: message.encoded(), to: index)
    }

    /// The same for a message that goes to many.
    mutating func send(encoded bytes: [UInt8], to index: Int) {
        let connection = sessions[index].connection
        if !endpoint.send(bytes, stream: ServerMessage.stream, to: connection) {
            misbehave(index, "does not take in what it is sent")
        }
    }

    /// Counts a message that was refused for its number or passed over for its order; too many in
    /// too short a time end the session.
    mutating func strain(_ index: Int, now: Instant) {
        guard !sessions[index].patience.admit(now: now) else { return }
        misbehave(index, "keeps sending more than is taken")
    }

    /// Marks a client for removal at the end of the tick.
    mutating func misbehave(_ connection: ConnectionHandle, _ what: String) {
        guard let index = sessionIndex(of: connection) else {
            counters.malformed &+= 1
            return
        }
        misbehave(index, what)
    }

    /// The same for the client of a session.
    mutating func misbehave(_ index: Int, _ what: String) {
        counters.malformed &+= 1
        guard sessions[index].removal == nil else { return }
        sessions[index].removal = CloseReason(.protocolViolation, what)
        note(
            .misbehaved(
                name: sessions[index].identity.name, identity: sessions[index].identity.identity,
                what: what))
    }
}
