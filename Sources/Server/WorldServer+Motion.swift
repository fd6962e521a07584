// Motion at the door: steering inputs of players and pose claims of devices. Neither is an intent,
// since a late one is worth nothing; both are held against the client's tally of server time, so
// whatever a client claims, it moves no faster than its kind may. Inputs are of the world's time, poses
// of the ground's.

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
        let index = sessionIndex(of: connection)
        var row: Int?
        if let index, sessions[index].identity.role == .player {
            row = self.row(ofSession: index)
        }
        let worldTime = worldTime(at: now)
        var reader = ByteReader(body)
        while reader.remaining > 0 {
            let input = try SteeringInput(decoding: &reader)
            guard let index, let row else { continue }
            switch sessions[index].tally.admit(input, now: worldTime) {
            case .admitted:
                let moved = Movement.step(
                    world.table.motions[row], by: input, limits: sessions[index].limits)
                world.move(row: row, to: moved)
                sessions[index].noteSteering(to: moved, by: input)
                sessions[index].lastMotionAt = worldTime
                sessions[index].lastSequence = input.sequence
            case .refused:
                counters.motionsRefused &+= 1
                sessions[index].steered = nil
                sessions[index].lastSequence = input.sequence
            case .repeated: continue
            }
        }
    }

    /// Where a client's own body is, for its tick frame; nil where it knows by itself.
    ///
    /// A client whose inputs are all taken, each after the one before, comes to the same place as
    /// the server. It is told now and then all the same, and in every tick for a while after
    /// anything else has moved the body or an input was left out. Devices say where they are and
    /// are always answered.
    mutating func ownMotion(ofSession index: Int) -> Motion? {
        guard let row = row(ofSession: index) else { return nil }
        let motion = world.table.motions[row]
        if sessions[index].steered != motion {
            sessions[index].steered = motion
            sessions[index].surprisedUntil = tick + Session.surpriseTicks
        }
        let isTurn = (tick.number &+ UInt32(index)) % Session.ownMotionPeriod == 0
        let isSurprised = sessions[index].surprisedUntil.isNewer(than: tick)
        return isTurn || isSurprised || sessions[index].identity.role == .device ? motion : nil
    }

    /// Takes where a device says that it is, or the nearest place to it that it can have reached.
    mutating func takePoseClaim(
        _ body: RawSpan, of connection: ConnectionHandle, now: Instant
    ) throws(CodecError) {
        guard body.byteCount == PoseClaim.encodedByteCount else { throw .malformed }
        var reader = ByteReader(body)
        let claim = try PoseClaim(decoding: &reader)
        guard let index = sessionIndex(of: connection),
            sessions[index].identity.role == .device,
            let row = row(ofSession: index)
        else { return }
        let from = world.table.motions[row]
        let limits = sessions[index].limits
        switch sessions[index].tally.admit(claim, from: from, limits: limits, now: now) {
        case .accepted(let motion): world.move(row: row, to: motion)
        case .refused(let nearest):
            counters.motionsRefused &+= 1
            // The way to what was offered costs time as any other does.
            let isPaid = sessions[index].tally.pay(
                for: nearest, from: from, limits: limits, now: now)
            if isPaid { world.move(row: row, to: nearest) }
        case .repeated: return
        }
        sessions[index].lastMotionAt = worldTime(at: now)
        sessions[index].lastSequence = claim.sequence
    }

    /// Stops the bodies whose clients have fallen silent, so that nobody is predicted out of the
    /// world.
    mutating func stopSilentBodies(at worldTime: Instant) {
        for index in sessions.indices where sessions.contains(index) {
            guard worldTime - sessions[index].lastMotionAt > Self.silenceLimit,
                let row = row(ofSession: index),
                world.table.motions[row].velocity != .zero
            else { continue }
            stop(row: row)
        }
    }

    /// The row of a session's body; nil when it has none.
    ///
    /// A look at the row where it was last found, which a map's look-up would cost three of.
    mutating func row(ofSession index: Int) -> Int? {
        let (entity, last) = (sessions[index].entity, sessions[index].row)
        if last < world.table.ids.count, world.table.ids[last] == entity, entity != .none {
            return last
        }
        guard let row = world.table.row(of: entity) else { return nil }
        sessions[index].row = row
        return row
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
