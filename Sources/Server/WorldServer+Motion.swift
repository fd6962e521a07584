// Motion at the door: steering inputs of players and pose claims of devices. Neither is an intent,
// since a late one is worth nothing; both are held against the client's tally of server time, so
// whatever a client claims, it moves no faster than its kind may.

import CairnBasics
import CairnGeometry
import CairnTransport
import CairnWire
import CairnWorld

extension WorldServer {
    /// Steering inputs in one frame: the newest and the few before it, in case those were lost.
    static let inputsPerFrame = 8
    /// A body whose client has said nothing for so long stands still: two lost packets are no
    /// reason to stop, a quarter of a second of walking into a wall is.
    static let silenceLimit = TimeSpan.milliseconds(250)

    /// Takes a frame of steering inputs, oldest first; those already taken are passed over.
    mutating func takeSteering(
        _ body: RawSpan, of connection: ConnectionHandle, now: Instant
    ) throws(CodecError) {
        guard body.byteCount <= Self.inputsPerFrame * SteeringInput.encodedByteCount else {
            throw .tooLarge
        }
        var reader = ByteReader(body)
        while reader.remaining > 0 {
            let input = try SteeringInput(decoding: &reader)
            guard let index = sessionIndex(of: connection),
                sessions[index]?.identity.role == .player, let entity = sessions[index]?.entity,
                let row = world.table.row(of: entity), let limits = sessions[index]?.limits
            else { continue }
            switch sessions[index]?.tally.admit(input, now: now) {
            case .admitted?:
                let moved = Movement.step(
                    world.table.motions[row], by: input, limits: limits)
                world.move(row: row, to: moved)
                sessions[index]?.lastMotionAt = now
                sessions[index]?.lastSequence = input.sequence
            case .refused?:
                counters.motionsRefused &+= 1
                sessions[index]?.lastSequence = input.sequence
            case .repeated?, nil: continue
            }
        }
    }

    /// Takes where a device says that it is, or the nearest place to it that it can have reached.
    mutating func takePoseClaim(
        _ body: RawSpan, of connection: ConnectionHandle, now: Instant
    ) throws(CodecError) {
        guard body.byteCount == PoseClaim.encodedByteCount else { throw .malformed }
        var reader = ByteReader(body)
        let claim = try PoseClaim(decoding: &reader)
        guard let index = sessionIndex(of: connection), let session = sessions[index],
            session.identity.role == .device, let row = world.table.row(of: session.entity)
        else { return }
        let from = world.table.motions[row]
        switch sessions[index]?.tally.admit(claim, from: from, limits: session.limits, now: now) {
        case .accepted(let motion)?: world.move(row: row, to: motion)
        case .refused(let nearest)?:
            counters.motionsRefused &+= 1
            // The way to what was offered costs time as any other does.
            let isPaid = sessions[index]?.tally.pay(
                for: nearest, from: from, limits: session.limits, now: now)
            if isPaid == true { world.move(row: row, to: nearest) }
        case .repeated?, nil: return
        }
        sessions[index]?.lastMotionAt = now
        sessions[index]?.lastSequence = claim.sequence
    }

    /// Stops the bodies whose clients have fallen silent, so that nobody is predicted out of the
    /// world.
    mutating func stopSilentBodies(now: Instant) {
        for index in sessions.indices {
            guard let lastMotionAt = sessions[index]?.lastMotionAt,
                now - lastMotionAt > Self.silenceLimit, let entity = sessions[index]?.entity,
                let row = world.table.row(of: entity),
                world.table.motions[row].velocity != .zero
            else { continue }
            stop(row: row)
        }
    }

    /// Takes the velocity out of a body.
    mutating func stop(row: Int) {
        var motion = world.table.motions[row]
        guard motion.velocity != .zero || motion.animation != 0 else { return }
        motion.velocity = .zero
        motion.animation = 0
        world.move(row: row, to: motion)
    }
}
