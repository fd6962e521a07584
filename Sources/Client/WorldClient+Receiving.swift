// What the server says. An honest server sends nothing that cannot be read; a client that meets such
// a thing counts it and goes on with the rest, because one bad block is no reason to leave.

public import CairnBasics
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

extension WorldClient {
    /// Takes in one datagram, opened where it stands.
    public mutating func handle(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant
    ) {
        guard ended == nil else { return }
        counted.bytesReceived &+= UInt64(datagram.byteCount)
        if handleBeside(&datagram, from: address, now: now) { return }
        switch endpoint.handle(&datagram, from: address, now: now) {
        case .nothing: return
        case .connected: send(.enter(entrance))
        case .closed(let reason): end(reason)
        case .packet(let payload):
            candidate = nil
            counted.packets &+= 1
            let bytes = datagram.bytes
            readMessages(now: now)
            readFrames(bytes.extracting(payload), now: now)
            while endpoint.pollReceipt() != nil {}
            takeReplicaEvents()
            settleReturn(now: now)
            settleForesight(now: now)
        }
    }

    private mutating func readFrames(_ payload: RawSpan, now: Instant) {
        var reader = FrameReader(payload)
        var packetTick: Tick?
        do throws(CodecError) {
            while let frame = try reader.next() {
                if frame.type == .tick {
                    packetTick = takeTick(frame.body, now: now)
                } else if let packetTick, !frame.type.isTransport {
                    takeBlock(frame, tick: packetTick)
                }
            }
        } catch {
            counted.decodeErrors &+= 1
        }
    }

    /// The frame that opens every packet with state in it.
    ///
    /// - Returns: The tick of the packet's blocks; nil when they are not to be read.
    private mutating func takeTick(_ body: RawSpan, now: Instant) -> Tick? {
        var reader = ByteReader(body)
        guard let frame = try? TickFrame(decoding: &reader), reader.remaining == 0 else {
            counted.decodeErrors &+= 1
            return nil
        }
        guard let isFresh = replica?.open(tick: frame.tick), isFresh else { return nil }
        replica?.performedIntent = frame.performedIntent ?? 0
        if tick.map({ frame.tick.isNewer(than: $0) }) ?? true {
            tick = frame.tick
            counted.ticks &+= 1
            playback?.handleTick(
                frame.tick, serverMilliseconds: frame.serverMilliseconds, now: now)
            follow(frame.ownMotion?.position)
            if let own = frame.ownMotion {
                reconcile(own, processed: frame.steeringSequence ?? 0, now: now)
            } else if let sequence = frame.steeringSequence {
                prediction?.settle(processed: sequence)
            }
        }
        if configuration.isWatched, let moment = playback?.presentationTick(now: now) {
            replica?.show(moment)
        }
        return frame.tick
    }

    /// Tells the replica where this client is, so that who walks out of its sight is gone at once.
    private mutating func follow(_ place: Position?) {
        if let place {
            let asked = Int(configuration.entrance.interestMetres)
            let metres = asked > 0 ? asked : description?.interestMetres ?? 0
            replica?.follow(centre: place, interestMetres: metres)
        } else if let focus {
            replica?.follow(centre: focus.centre, interestMetres: focus.radiusMetres)
        }
    }

    private mutating func reconcile(_ own: Motion, processed: UInt32, now: Instant) {
        claimed?.reconcile(authoritative: own, processed: processed, now: now)
        toldMotion = own
        guard steering.isSteering, let limits = ownLimits else { return }
        if prediction == nil { prediction = Prediction(motion: own, limits: limits) }
        prediction?.reconcile(authoritative: own, processed: processed, now: now)
    }

    private mutating func takeBlock(_ frame: borrowing Frame, tick: Tick) {
        do throws(CodecError) {
            guard let agrees = try replica?.receive(frame.type, frame.body, tick: tick) else {
                return
            }
            counted.digestsCompared &+= 1
            if !agrees { counted.divergences &+= 1 }
        } catch {
            counted.decodeErrors &+= 1
        }
    }

    /// Tells what has happened in view; until the new picture is shown it waits in the replica.
    mutating func takeReplicaEvents() {
        guard stale == nil else { return }
        while let event = replica?.pollEvent() {
            switch event {
            case .entered(let id):
                meet(id)
                if !foresight.hides(id) { note(.appeared(id)) }
            case .left(let id, let reason):
                // What an own edit has deleted is gone already.
                if !foresight.hides(id) {
                    note(.disappeared(id, wasDeleted: reason == .deleted))
                }
            case .changed(let id): note(.changed(id))
            }
        }
    }

    private mutating func meet(_ id: EntityID) {
        guard !foresight.provisionals.isEmpty, let kind = kindID(of: id),
            let motion = newestMotion(of: id)
        else { return }
        foresight.meet(id, kind: kind, at: motion.position)
    }

    private mutating func readMessages(now: Instant) {
        while let message = endpoint.pollMessage() {
            guard message.delivery == .ordered(stream: ServerMessage.stream) else { continue }
            guard let said = try? ServerMessage(decoding: message.bytes.rawBytes) else {
                counted.decodeErrors &+= 1
                continue
            }
            take(said, now: now)
        }
    }

    private mutating func take(_ message: ServerMessage, now: Instant) {
        switch message {
        case .welcome(let welcome): take(welcome, now: now)
        case .accepted(let number, let created, let effects):
            takeAccepted(number, created: created, effects, now: now)
        case .durable(let number): takeDurable(through: number)
        case .refused(let number, let refusal): takeRefused(number, refusal)
        case .heard(let speaker, let name, let text):
            note(.heard(speaker: speaker, name: name, text: text))
        case .devicePose(let bytes): note(.devicePose(bytes))
        case .offered(let body, let gives, let wants):
            note(.offered(by: body, gives: gives, wants: wants))
        }
    }

    private mutating func take(_ welcome: Welcome, now: Instant) {
        guard welcomedAt == nil else { return }
        var reader = ByteReader(welcome.description.rawBytes)
        guard let description = try? WorldDescription(decoding: &reader), reader.remaining == 0
        else {
            counted.decodeErrors &+= 1
            return
        }
        self.description = description
        inputPeriod = .seconds(1) / Int64(description.tickHertz)
        ownLimits = description.firstKind(of: .avatar).map { description.movementLimits(of: $0) }
        entity = welcome.entity
        playback = PlaybackClock(period: .seconds(1) / Int64(description.tickHertz))
        replica = Replica(
            cellMetres: description.cellMetres, tickHertz: description.tickHertz,
            isWatched: configuration.isWatched)
        nextInputAt = now
        welcomedAt = now
        send(.ready)
        if let focus {
            send(.look(at: focus.centre, radiusMetres: UInt16(clamping: focus.radiusMetres)))
        }
        note(.entered(entity: welcome.entity))
        resume(welcome)
    }
}
