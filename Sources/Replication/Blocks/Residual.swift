// What dead reckoning got wrong about one member, told so that it is exact again:
//
//     velocity changes? stops? in whole steps? the smaller component's change, what the larger one
//     differs from who keeps the speed, the vertical change;
//     place: off? as if the velocity had changed at once, after so many ticks? else what it differs
//     from who changed steadily, along the change of velocity, across it, vertically;
//     tilts? the turn from where it should look; animation changes? and to which.

import CairnBasics
import CairnGeometry

/// What the residuals of one block have in common.
struct ResidualContext {
    let reckoning: DeadReckoning
    /// Ticks since the keyframe.
    let age: UInt32
    /// The animation that was last changed to, by the kind of change of velocity.
    var usualAnimations: InlineArray<4, UInt8> = [0, 0, 0, 0]

    init(_ reckoning: DeadReckoning, age: UInt32) {
        self.reckoning = reckoning
        self.age = age
    }

    /// A change of velocity longer ago than this is told as a place.
    static let mostTicks: UInt64 = 1 << 20

    /// Ticks after which a velocity is taken to have changed, before anything is known.
    @inline(__always)
    var usualOnset: Int64 { Int64(age / 2) }

    static func animationClass(_ old: Velocity, _ new: Velocity) -> Int {
        (old != .zero ? 1 : 0) &+ (new != .zero ? 2 : 0)
    }
}

// MARK: Writing

extension RangeEncoder {
    /// Writes what `new` differs by from what is predicted for it from `old`.
    mutating func encodeResidual(
        _ new: Motion, from old: Motion, predicted: Position, _ context: inout ResidualContext,
        _ models: inout MutableSpan<BitModel>
    ) {
        let isMoving = old.velocity != .zero
        let changes = new.velocity != old.velocity
        encode(changes, &models[MotionModels.velocityChanges &+ (isMoving ? 1 : 0)])
        if changes { encodeVelocity(new.velocity, old.velocity, context.reckoning, &models) }
        encodePlace(new, old, predicted, context, &models)
        encodeOrientation(new, old, &models)
        let kind = ResidualContext.animationClass(old.velocity, new.velocity)
        let isOther = new.animation != old.animation
        encode(isOther, &models[MotionModels.animationChanges &+ kind])
        guard isOther else { return }
        let isOdd = new.animation != context.usualAnimations[kind]
        encode(isOdd, &models[MotionModels.animationIsOdd &+ kind])
        if isOdd { encode(UInt32(new.animation), plainBits: 8) }
        context.usualAnimations[kind] = new.animation
    }

    private mutating func encodeVelocity(
        _ new: Velocity, _ old: Velocity, _ reckoning: DeadReckoning,
        _ models: inout MutableSpan<BitModel>
    ) {
        let isMoving = old != .zero
        if isMoving {
            encode(new == .zero, &models[MotionModels.stops])
            if new == .zero { return }
        }
        let change = Displacement(from: old, to: new)
        var unit = reckoning.velocityStep
        if unit > 1 {
            let isWhole =
                change.x % unit == 0 && change.y % unit == 0 && change.z % unit == 0
            encode(isWhole, &models[MotionModels.wholeSteps &+ (isMoving ? 1 : 0)])
            if !isWhole { unit = 1 }
        }
        if !isMoving {
            encode(change.x / unit, MotionModels.started, &models)
            encode(change.y / unit, MotionModels.started, &models)
        } else {
            let isX = old.isMostlyX
            let guess = old.majorChange(across: Int64(isX ? new.y : new.x))
            encode((isX ? change.y : change.x) / unit, MotionModels.minor, &models)
            encode(
                (isX ? change.x : change.y) / unit &- guess / unit, MotionModels.major, &models)
        }
        encode(change.z / unit, MotionModels.rise, &models)
    }

    private mutating func encodePlace(
        _ new: Motion, _ old: Motion, _ predicted: Position, _ context: ResidualContext,
        _ models: inout MutableSpan<BitModel>
    ) {
        let way = Displacement(from: predicted, to: new.position)
        let changes = new.velocity != old.velocity
        if !changes {
            encode(!way.isZero, &models[MotionModels.placeIsOff])
            if way.isZero { return }
        }
        let velocity = Displacement(from: changes ? old.velocity : .zero, to: new.velocity)
        if let ticks = context.reckoning.ticks(of: velocity, along: way) {
            let isAtOnce =
                ticks.magnitude <= ResidualContext.mostTicks
                && context.reckoning.way(velocity, halfTicks: 2 &* ticks) == way
            encode(isAtOnce, &models[MotionModels.atOnce &+ (changes ? 1 : 0)])
            if isAtOnce {
                if changes {
                    encode(ticks &- context.usualOnset, MotionModels.onset, &models)
                } else {
                    encode(ticks, MotionModels.lateness, &models)
                }
                return
            }
        }
        let guess = context.reckoning.way(velocity, halfTicks: changes ? Int64(context.age) : 0)
        if velocity.isMostlyX {
            encode(wrapped(way.x &- guess.x), MotionModels.along(guess.x), &models)
            let across = velocity.x == 0 ? 0 : way.x &* velocity.y / velocity.x
            encode(wrapped(way.y &- across), MotionModels.across, &models)
        } else {
            encode(wrapped(way.y &- guess.y), MotionModels.along(guess.y), &models)
            encode(
                wrapped(way.x &- way.y &* velocity.x / velocity.y), MotionModels.across, &models)
        }
        encode(wrapped(way.z &- guess.z), MotionModels.height, &models)
    }

    private mutating func encodeOrientation(
        _ new: Motion, _ old: Motion, _ models: inout MutableSpan<BitModel>
    ) {
        if let guess = Motion.heading(from: old, velocity: new.velocity) {
            let step = Heading.step(of: new.orientation)
            encode(step == nil, &models[MotionModels.tilts])
            if let step {
                encode(
                    Int64(Heading.difference(step, from: guess.step)),
                    guess.follows ? MotionModels.following : MotionModels.turning, &models)
                return
            }
        }
        let bits = new.orientation.bits
        let oldBits = old.orientation.bits
        let isSame = bits >> 30 == oldBits >> 30
        encode(isSame, &models[MotionModels.sameLargest])
        if !isSame { encode(bits >> 30, plainBits: 2) }
        var shift: UInt32 = 30
        while shift > 0 {
            shift &-= 10
            encode(
                Int64(bits >> shift & 1_023) &- Int64(oldBits >> shift & 1_023),
                MotionModels.component, &models)
        }
    }
}

// MARK: Reading

extension RangeDecoder {
    /// Corrects what is predicted from `old`, whose place has been moved to `predicted` already.
    @_lifetime(self: copy self)
    mutating func decodeResidual(
        of old: Motion, predicted: Position, _ context: inout ResidualContext,
        _ models: inout MutableSpan<BitModel>
    ) -> Motion {
        var new = old
        new.position = predicted
        let isMoving = old.velocity != .zero
        if decode(&models[MotionModels.velocityChanges &+ (isMoving ? 1 : 0)]) {
            new.velocity = decodeVelocity(old.velocity, context.reckoning, &models)
        }
        decodePlace(of: &new, old, context, &models)
        new.orientation = decodeOrientation(old, new.velocity, &models)
        let kind = ResidualContext.animationClass(old.velocity, new.velocity)
        if decode(&models[MotionModels.animationChanges &+ kind]) {
            let isOdd = decode(&models[MotionModels.animationIsOdd &+ kind])
            new.animation =
                isOdd
                ? UInt8(truncatingIfNeeded: decode(plainBits: 8)) : context.usualAnimations[kind]
            context.usualAnimations[kind] = new.animation
        }
        return new
    }

    @_lifetime(self: copy self)
    private mutating func decodeVelocity(
        _ old: Velocity, _ reckoning: DeadReckoning, _ models: inout MutableSpan<BitModel>
    ) -> Velocity {
        let isMoving = old != .zero
        if isMoving, decode(&models[MotionModels.stops]) { return .zero }
        var unit = reckoning.velocityStep
        if unit > 1, !decode(&models[MotionModels.wholeSteps &+ (isMoving ? 1 : 0)]) { unit = 1 }
        var new = old
        if !isMoving {
            new.x = old.x.plus(decode(MotionModels.started, &models) &* unit)
            new.y = old.y.plus(decode(MotionModels.started, &models) &* unit)
        } else {
            let minor = decode(MotionModels.minor, &models) &* unit
            let major = decode(MotionModels.major, &models)
            if old.isMostlyX {
                new.y = old.y.plus(minor)
                let guess = old.majorChange(across: Int64(new.y))
                new.x = old.x.plus((major &+ guess / unit) &* unit)
            } else {
                new.x = old.x.plus(minor)
                let guess = old.majorChange(across: Int64(new.x))
                new.y = old.y.plus((major &+ guess / unit) &* unit)
            }
        }
        new.z = old.z.plus(decode(MotionModels.rise, &models) &* unit)
        return new
    }

    @_lifetime(self: copy self)
    private mutating func decodePlace(
        of new: inout Motion, _ old: Motion, _ context: ResidualContext,
        _ models: inout MutableSpan<BitModel>
    ) {
        let changes = new.velocity != old.velocity
        if !changes, !decode(&models[MotionModels.placeIsOff]) { return }
        let velocity = Displacement(from: changes ? old.velocity : .zero, to: new.velocity)
        var way: Displacement
        if !velocity.isZero, decode(&models[MotionModels.atOnce &+ (changes ? 1 : 0)]) {
            let ticks =
                changes
                ? decode(MotionModels.onset, &models) &+ context.usualOnset
                : decode(MotionModels.lateness, &models)
            way = context.reckoning.way(velocity, halfTicks: 2 &* ticks)
        } else {
            way = context.reckoning.way(velocity, halfTicks: changes ? Int64(context.age) : 0)
            if velocity.isMostlyX {
                way.x = wrapped(way.x &+ decode(MotionModels.along(way.x), &models))
                let across = velocity.x == 0 ? 0 : way.x &* velocity.y / velocity.x
                way.y = across &+ decode(MotionModels.across, &models)
            } else {
                way.y = wrapped(way.y &+ decode(MotionModels.along(way.y), &models))
                way.x =
                    way.y &* velocity.x / velocity.y &+ decode(MotionModels.across, &models)
            }
            way.z = way.z &+ decode(MotionModels.height, &models)
        }
        new.position.x &+= Int32(truncatingIfNeeded: way.x)
        new.position.y &+= Int32(truncatingIfNeeded: way.y)
        new.position.z &+= Int32(truncatingIfNeeded: way.z)
    }

    @_lifetime(self: copy self)
    private mutating func decodeOrientation(
        _ old: Motion, _ velocity: Velocity, _ models: inout MutableSpan<BitModel>
    ) -> Orientation {
        if let guess = Motion.heading(from: old, velocity: velocity),
            !decode(&models[MotionModels.tilts])
        {
            let turn = decode(
                guess.follows ? MotionModels.following : MotionModels.turning, &models)
            return Heading.orientation(of: Heading.step(guess.step, plus: turn))
        }
        let old = old.orientation.bits
        var bits = old >> 30
        if !decode(&models[MotionModels.sameLargest]) { bits = decode(plainBits: 2) }
        var shift: UInt32 = 30
        while shift > 0 {
            shift &-= 10
            let part = Int64(old >> shift & 1_023) &+ decode(MotionModels.component, &models)
            bits = bits << 10 | UInt32(truncatingIfNeeded: part) & 1_023
        }
        return Orientation(bits: bits)
    }
}

/// A difference of positions, the short way round.
@inline(__always)
func wrapped(_ difference: Int64) -> Int64 { Int64(Int32(truncatingIfNeeded: difference)) }

extension Int16 {
    @inline(__always)
    func plus(_ difference: Int64) -> Int16 {
        Int16(truncatingIfNeeded: Int64(self) &+ difference)
    }
}
