// What each habit says. A practice fills the outbox with about a packet's worth, so that a long run
// is a great many attempts and no two alike.

import CairnAnchors
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWire
import CairnWorld

extension HostileActor {
    /// Frames and messages of one practice.
    private static let attempts = 24

    func practise(now: Instant) {
        switch habit {
        case .silent, .watching: return
        case .frameNoise: repeatedly { frames.append((anyType(), noise(upTo: 48))) }
        case .mutatedFrames: repeatedly { frames.append(mutated(motionFrame())) }
        case .messageNoise: repeatedly { messages.append(noise(upTo: 64)) }
        case .mutatedMessages:
            repeatedly { messages.append(mutated(Self.bytes(of: anyMessage(now: now)))) }
        case .disorder: repeatedly { say(anyMessage(now: now)) }
        case .wildIntents:
            repeatedly {
                say(.intent(number: next(), anyIntent()))
                let moment = PresentedMoment(
                    tick: Tick(UInt32(truncatingIfNeeded: random.next())),
                    part: UInt8(truncatingIfNeeded: random.next()))
                say(.seenIntent(number: next(), seen: moment, anyIntent()))
            }
        case .intentFlood:
            // Mostly at what stands in every world, so that nothing but their number is wrong.
            let kiosk = EntityID(replica: ReplicaID(node: 1, boot: 1), number: 1)
            repeatedly {
                let id = random.below(4) == 0 ? someID() : kiosk
                say(.intent(number: next(), .add(id, SimulatedField.count, 1)))
            }
        case .speechFlood:
            let line = String(repeating: "A", count: WorldLimits.sayBytes)
            repeatedly { say(.intent(number: next(), .say(line))) }
        case .steeringFlood: for _ in 0..<8 { frames.append(steering(inputs: 8)) }
        case .teleports: repeatedly { frames.append(poseClaim()) }
        case .looks:
            repeatedly { say(.look(at: anyPosition(), radiusMetres: anyNumber())) }
        case .sightings: for _ in 0..<4 { say(.sightings(anySightings(now: now))) }
        case .unfinished: repeatedly { frames.append((.orderedMessage, anyPart())) }
        }
    }

    private func repeatedly(_ attempt: () -> Void) {
        for _ in 0..<Self.attempts { attempt() }
    }

    private func next() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    func noise(upTo count: UInt32) -> [UInt8] {
        (0..<random.below(count)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    func anyNumber<T: FixedWidthInteger>() -> T {
        switch random.below(4) {
        case 0: T(truncatingIfNeeded: random.next())
        case 1: T.max &- T(truncatingIfNeeded: random.below(3))
        case 2: T.min &+ T(truncatingIfNeeded: random.below(3))
        default: T(truncatingIfNeeded: random.below(8))
        }
    }

    /// The application's frame types, its own and the server's, and unknown ones.
    private func anyType() -> FrameType {
        switch random.below(8) {
        // What cannot be read ends the session, so most of the noise should be read to the end.
        case 0: [.steering, .poseClaim][Int(random.below(2))]
        case 1...4: FrameType(UInt16(0x20 + random.below(6)))
        default: FrameType(UInt16(0x12 + random.below(0x3fff - 0x12)))
        }
    }

    /// One to three bits turned, or the end cut off; one in three is left whole.
    func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty, random.below(3) > 0 else { return bytes }
        for _ in 0...random.below(3) {
            bytes[Int(random.below(UInt32(bytes.count)))] ^= 1 << UInt8(random.below(8))
        }
        if random.below(6) == 0 { bytes.removeLast(Int(random.below(UInt32(bytes.count)))) }
        return bytes
    }

    private func mutated(
        _ frame: (type: FrameType, body: [UInt8])
    ) -> (type: FrameType, body: [UInt8]) {
        (frame.type, mutated(frame.body))
    }
}

// MARK: - Motion

extension HostileActor {
    func anyPosition() -> Position {
        Position(x: anyNumber(), y: anyNumber(), z: anyNumber())
    }

    func anyMotion() -> Motion {
        Motion(
            position: anyPosition(),
            velocity: random.below(2) == 0
                ? .zero : Velocity(x: anyNumber(), y: anyNumber(), z: anyNumber()),
            animation: anyNumber())
    }

    /// A frame of one input.
    public func steeringFrame() -> (type: FrameType, body: [UInt8]) { steering(inputs: 1) }

    private func motionFrame() -> (type: FrameType, body: [UInt8]) {
        random.below(2) == 0 ? steering(inputs: Int(random.below(9))) : poseClaim()
    }

    /// Inputs at the highest wish, each as long as one may be.
    private func steering(inputs: Int) -> (type: FrameType, body: [UInt8]) {
        let velocity = Velocity(x: .max, y: .max, z: 0)
        let body = try? encodeBytes(capacity: inputs * SteeringInput.encodedByteCount) {
            (writer) throws(CodecError) in
            for _ in 0..<inputs {
                try SteeringInput(sequence: next(), durationMilliseconds: 100, velocity: velocity)
                    .encode(into: &writer)
            }
        }
        return (.steering, body ?? [])
    }

    private func poseClaim() -> (type: FrameType, body: [UInt8]) {
        let claim = PoseClaim(
            sequence: random.below(16) == 0 ? anyNumber() : next(), motion: anyMotion())
        let body = try? encodeBytes(capacity: PoseClaim.encodedByteCount) {
            (writer) throws(CodecError) in try claim.encode(into: &writer)
        }
        return (.poseClaim, body ?? [])
    }
}

// MARK: - Messages

extension HostileActor {
    private func anyMessage(now: Instant) -> ClientMessage {
        switch random.below(12) {
        case 0: .enter(Entrance(interestMetres: anyNumber(), wantsDigests: true))
        case 1: .ready
        case 2: .look(at: anyPosition(), radiusMetres: anyNumber())
        case 3: .sightings(noise(upTo: 40))
        case 4: .sightings(anySightings(now: now))
        default: .intent(number: anyNumber(), anyIntent())
        }
    }

    /// An entity that there may be: those of the first boots have small numbers.
    func someID() -> EntityID {
        switch random.below(8) {
        case 0: EntityID(raw: anyNumber())
        case 1: .none
        case 2: welcomes.last ?? .none
        default:
            EntityID(
                replica: ReplicaID(node: 1, boot: 1), number: UInt32(1 + random.below(32)))
        }
    }

    private func anyField() -> FieldID {
        FieldID(random.below(8) == 0 ? anyNumber() : UInt16(random.below(7)))
    }

    private func anyText() -> String {
        switch random.below(5) {
        case 0: String(repeating: "😀", count: Int(random.below(200)))
        case 1: "\u{1b}[2J\u{202e}\n\0"
        case 2: ""
        default: "k\(random.below(400))"
        }
    }

    private func anyScalar() -> Scalar {
        switch random.below(8) {
        case 0: .boolean(random.below(2) == 0)
        case 1: .integer(anyNumber())
        case 2:
            // No writer refuses a NaN, so the reader must.
            .real([.nan, .infinity, -.infinity, -0.0, 1e308, 1][Int(random.below(6))])
        case 3: .entity(EntityID(raw: anyNumber()))
        case 4: .bytes(noise(upTo: 64))
        case 5: .text(String(repeating: "x", count: Int(random.below(3_000))))
        default: .text(anyText())
        }
    }

    private func anyIntent() -> Intent {
        let (id, field) = (someID(), anyField())
        return switch random.below(32) {
        case 0:
            .create(
                KindID(UInt16(random.below(5))),
                random.below(2) == 0 ? anyMotion() : Motion(position: .origin),
                name: random.below(2) == 0 ? anyText() : nil)
        case 1...3: .delete(id)
        case 4...6: .set(id, field, anyScalar())
        case 7...9: .add(id, field, anyNumber())
        case 10...12: .insert(id, field, anyScalar())
        case 13, 14: .remove(id, field, anyScalar())
        case 15...18: .put(id, field, key: anyText(), anyScalar())
        case 19, 20: .removeKey(id, field, key: anyText())
        case 21: .say(anyText())
        case 22: .pickUp(id)
        case 23: .putDown(id, Motion(position: .origin))
        case 24: .give(id, to: someID())
        case 25: .trade(with: someID(), mine: [id], theirs: [someID()])
        case 26: .share(id, anyNumber())
        case 27: .unshare(id, anyNumber())
        case 28: .handOver(id, random.below(2) == 0 ? 1 : anyNumber())
        case 29: .all((0..<random.below(20)).map { _ in .add(someID(), field, 1) })
        case 30: .all([.pickUp(id), .insert(id, SimulatedField.tags, .text(anyText()))])
        default: .place(id, random.below(2) == 0 ? anyMotion() : Motion(position: .origin))
        }
    }

    /// Sightings whose numbers are each at an end of what the wire carries, or nearly right.
    private func anySightings(now: Instant) -> [UInt8] {
        let sightings = (0..<random.below(25)).map { _ in anySighting(now: now) }
        let report = SightingReport(
            session: random.below(8) == 0 ? anyNumber() : 1, sightings: sightings)
        return mutatedSometimes(
            (try? encodeBytes(capacity: 4_096) { (writer) throws(CodecError) in
                try report.encode(into: &writer)
            }) ?? [])
    }

    private func anySighting(now: Instant) -> Sighting {
        func metres() -> Double { [0, 1, -1, 99, 1e5, -1e5, 1e7][Int(random.below(7))] }
        func sigma() -> Double { [0, 1e-5, 0.01, 1, 5, 2e4][Int(random.below(6))] }
        let position = Vector3(metres(), metres(), metres())
        return Sighting(
            anchor: AnchorID(random.below(4) == 0 ? anyNumber() : UInt16(random.below(4))),
            position: position,
            observer: random.below(2) == 0 ? position + Vector3(1, 0, 0) : .zero,
            facing: random.below(2) == 0
                ? nil : Sighting.Facing(deviceFromAnchor: .identity, sigmaRadians: sigma()),
            sigmaMetres: sigma(),
            capturedAt: random.below(4) == 0 ? Instant(nanoseconds: anyNumber()) : now)
    }

    private func mutatedSometimes(_ bytes: [UInt8]) -> [UInt8] {
        random.below(16) == 0 ? mutated(bytes) : bytes
    }

    /// The body of a message frame: mostly chunks of a few messages that never end, so that they are
    /// kept.
    private func anyPart() -> [UInt8] {
        let isStray = random.below(2_000) == 0
        let head = MessagePartHead(
            lane: isStray ? UInt8(random.below(16)) : 1,
            number: UInt64(random.below(isStray ? 1_000 : 12)),
            part: MessagePartHead.Part(length: 65_536, firstChunk: 1 + Int(random.below(500))))
        let bytes = try? encodeBytes(capacity: 256) { (writer) throws(CodecError) in
            try head.encode(into: &writer)
            try writer.putBytes(
                [UInt8](repeating: 0, count: MessagePartHead.chunkBytes).rawBytes)
        }
        return bytes ?? []
    }
}
