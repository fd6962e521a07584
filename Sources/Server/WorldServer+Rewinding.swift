// What a client saw when it acted. A body that walks is somewhere else by the time that an intent
// about it arrives; so whoever acts says which moment was on its screen, and what is judged by
// distance is judged as it was then, as far back as `rewindLimit` and no further. A liar gains what
// a slow connection would have given it: somebody else's place of a quarter of a second ago.

public import CairnBasics
public import CairnGeometry
public import CairnWorld

/// Something that a client saw, and where.
public struct SeenEntity: Hashable, Sendable {
    public var id: EntityID
    public var position: Position
    /// Position units from the centre that was asked about, or along the ray.
    public var distance: Double
}

extension WorldServer {
    /// Where a client that was shown `moment` saw an entity.
    ///
    /// - Returns: Where it is now on a server that keeps no history; nil for what is not there.
    public func place(of id: EntityID, seenAt moment: PresentedMoment) -> Position? {
        guard let row = world.table.row(of: id) else { return nil }
        return place(row: row, seenAt: moment)
    }

    /// Who a client that was shown `moment` saw within a sphere, the nearest first.
    ///
    /// - Parameter radius: In position units.
    /// - Complexity: O(entities near it + n log n) for n that are in it.
    public func entities(
        within radius: UInt32, of centre: Position, seenAt moment: PresentedMoment
    ) -> [SeenEntity] {
        seen(near: centre, radius, at: moment) { place in
            let distance = Double(centre.squaredDistance(to: place)).squareRoot()
            return distance <= Double(radius) ? distance : nil
        }
    }

    /// Whom a ray meets that a client cast at `moment`, the first first.
    ///
    /// - Parameter radius: How thick the ray is, in position units.
    public func entities(
        along ray: (start: Position, end: Position), radius: UInt32, seenAt moment: PresentedMoment
    ) -> [SeenEntity] {
        let way = ray.end.offset(from: ray.start)
        let length = (way.x * way.x + way.y * way.y + way.z * way.z).squareRoot()
        let middle = ray.start.moved(x: way.x / 2, y: way.y / 2, z: way.z / 2)
        let around = UInt32(min(length / 2 + 1, 0x1p30)) &+ radius
        return seen(near: middle, around, at: moment) { place in
            let to = place.offset(from: ray.start)
            let product = to.x * way.x + to.y * way.y + to.z * way.z
            let along = length > 0 ? max(0, min(length, product / length)) : 0
            let scale = length > 0 ? along / length : 0
            let (x, y, z) = (to.x - way.x * scale, to.y - way.y * scale, to.z - way.z * scale)
            return x * x + y * y + z * z <= Double(radius) * Double(radius) ? along : nil
        }
    }

    private func place(row: Int, seenAt moment: PresentedMoment) -> Position? {
        history?.position(row: row, at: moment, in: world) ?? world.table.motions[row].position
    }

    private func seen(
        near centre: Position, _ radius: UInt32, at moment: PresentedMoment,
        distance: (Position) -> Double?
    ) -> [SeenEntity] {
        var rows: [Int] = []
        let reach = UInt64(radius) + UInt64(longestRewoundWay)
        world.appendRows(within: UInt32(clamping: reach), of: centre, to: &rows)
        var found: [SeenEntity] = []
        for row in rows {
            guard let place = place(row: row, seenAt: moment), let distance = distance(place)
            else { continue }
            found.append(
                SeenEntity(id: world.table.ids[row], position: place, distance: distance))
        }
        return found.sorted { ($0.distance, $0.id.raw) < ($1.distance, $1.id.raw) }
    }

    /// How far anybody can have come since the earliest moment that is believed, and a metre.
    private var longestRewoundWay: UInt32 {
        let speed = description.kinds.map(\.maxSpeedUnits).max() ?? 0
        let seconds = (history?.limitTicks ?? 0) / Double(description.tickHertz)
        let units = Double(speed) * Double(Position.unitsPerMetre / Velocity.unitsPerMetrePerSecond)
        return UInt32(units * seconds) + UInt32(Position.unitsPerMetre)
    }
}

extension WorldServer {
    /// Where something is for an actor's reach: where it is, or where the actor saw it, whichever is
    /// nearer to it. Nobody loses a thing that is in reach now because of how it looked before. What
    /// the draft at hand has put elsewhere is there and nowhere else.
    func place(row: Int, now place: Position, for actor: borrowing Actor) -> Position {
        guard let moment = actor.seen, place == world.table.motions[row].position,
            let seen = self.place(row: row, seenAt: moment)
        else {
            return place
        }
        let isNearer =
            actor.position.squaredDistance(to: seen) < actor.position.squaredDistance(to: place)
        return isNearer ? seen : place
    }
}

extension Position {
    fileprivate func offset(from other: Position) -> (x: Double, y: Double, z: Double) {
        (Double(x) - Double(other.x), Double(y) - Double(other.y), Double(z) - Double(other.z))
    }
}
