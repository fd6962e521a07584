// What is to be seen: the replica, with the own open edits laid over it. All views take handles as
// well as ids.

public import CairnBasics
public import CairnCRDT
public import CairnGeometry
import CairnReplication
import CairnTransport
public import CairnWorld

extension WorldClient {
    /// The entities that are shown, own edits aside.
    var seen: ReplicaEntities? { stale?.entities ?? replica?.entities }

    /// What is in view, ascending; what the own creations will make is there by its handle.
    /// - Complexity: O(n log n)
    public var entityIDs: [EntityID] {
        var ids: [EntityID] = []
        if let seen {
            ids = seen.rows.filter { seen.isVisible(row: $0) }.map { seen.id(row: $0) }
        }
        guard !foresight.isEmpty else { return ids.sorted() }
        ids.removeAll { foresight.hides($0) }
        for thing in foresight.provisionals where isShown(thing) {
            ids.append(EntityID(createdBy: thing.number))
        }
        return ids.sorted()
    }
    public var entityCount: Int {
        foresight.isEmpty ? seen?.visibleCount ?? 0 : entityIDs.count
    }

    /// The id that the server gave to what a handle stands for; nil for a handle whose creation is
    /// not accepted. Ids stand for themselves.
    public func resolved(_ id: EntityID) -> EntityID? {
        guard let number = id.creatingIntent else { return id }
        return outbox.id(createdBy: number)
    }

    /// The id where it is known, else the handle.
    func key(_ id: EntityID) -> EntityID { resolved(id) ?? id }

    /// Where the own body is, by what the application has said and the server not answered yet.
    private func ownMotion(now: Instant) -> Motion? {
        guard stale == nil else { return nil }
        return prediction?.shown(now: now) ?? claimed?.shown(now: now)
    }

    private func isShown(_ thing: Foresight.Provisional) -> Bool {
        if foresight.hides(thing.key) || seen?.row(of: thing.key) != nil { return false }
        return thing.twin.map { seen?.row(of: $0) == nil } ?? true
    }

    /// A pose of the world as a GeoPose; nil in a world that is nowhere on Earth.
    public func geoPose(of motion: Motion) -> GeoPose? {
        guard let origin = description?.origin,
            let frame = WorldOrigin(
                latitudeDegrees: origin.latitudeDegrees,
                longitudeDegrees: origin.longitudeDegrees, heightMetres: origin.heightMetres)
        else { return nil }
        return frame.geoPose(position: motion.position, orientation: motion.orientation)
    }

    /// The kind of something in view.
    public func kind(of id: EntityID) -> KindDescription? {
        kindID(of: key(id)).flatMap { description?.kind($0) }
    }

    func kindID(of key: EntityID) -> KindID? {
        if let seen, let row = seen.row(of: key) { return seen.kind(row: row) }
        return foresight.provisional(key)?.kind
    }

    /// Where to draw something in view now: the own avatar by prediction, everybody else by
    /// interpolation between what the server has said.
    public func motion(of id: EntityID, now: Instant) -> Motion? {
        if id == entity, let shown = ownMotion(now: now) { return shown }
        let key = key(id)
        if let placed = foresight.placement(of: key) { return placed }
        guard let seen, let row = seen.row(of: key) else {
            return foresight.provisional(key)?.motion
        }
        // What is not told any more stands still.
        guard stale == nil, let moment = playback?.presentationTick(now: now)
        else { return seen.motion(row: row) }
        return seen.shownMotion(row: row, at: moment)
    }

    /// The moment of the world that is drawn now, in ticks after `origin`; nil before the first tick.
    public func presentedMoment(now: Instant) -> (origin: Tick, ticks: Double)? {
        stale == nil ? playback?.presentationTick(now: now) : nil
    }

    /// Where something in view is by the server's newest word, for code that decides, not draws.
    public func newestMotion(of id: EntityID) -> Motion? {
        let key = key(id)
        if let seen, let row = seen.row(of: key) { return seen.motion(row: row) }
        return foresight.provisional(key)?.motion
    }

    /// The tick of the server's newest word on where something in view is.
    public func newestTick(of id: EntityID) -> Tick? {
        guard let seen, let row = seen.row(of: key(id)) else { return nil }
        return seen.tick(row: row)
    }

    /// A field of the shared state of something in view, as it will be once the own open edits are
    /// performed.
    public func field(_ field: FieldID, of id: EntityID) -> FieldState? {
        guard let seen else { return nil }
        let key = key(id)
        guard let row = seen.row(of: key) else { return provisionalField(field, of: key) }
        let state = seen.field(field, row: row)
        guard !foresight.edits.isEmpty,
            let rules = description?.field(field, of: seen.kind(row: row))
        else { return state }
        return foresight.field(
            rules, of: key, over: state, contained: seen.performedIntent(field, row: row))
    }

    /// A field of what does not exist yet.
    private func provisionalField(_ field: FieldID, of key: EntityID) -> FieldState? {
        guard let thing = foresight.provisional(key),
            let rules = description?.field(field, of: thing.kind)
        else { return nil }
        var state: FieldState?
        if field == .name, let name = thing.name {
            state = Intent.set(key, .name, .text(name)).foreseen(on: nil, by: rules)
        }
        return foresight.field(rules, of: thing.key, over: state, contained: 0)
    }

    /// The whole number that a field of something in view stands at, whatever its policy: what a
    /// counter has come to, a record, a latest value. Nil where there is none.
    public func number(_ field: FieldID, of id: EntityID) -> Int64? {
        guard let kind = kind(of: id) else { return nil }
        return description?.field(field, of: kind.id)?.number(in: self.field(field, of: id))
    }

    /// What something in view hangs on by an attachment; nil when it stands free, as far as is in
    /// view: what hangs on something out of sight seems to stand free.
    /// - Complexity: O(depth)
    public func parent(_ field: FieldID, of id: EntityID) -> EntityID? {
        Attachment.parent(of: id) { here in
            guard let attachment = self.field(field, of: here)?.attachment,
                let parent = attachment.written, kind(of: parent) != nil
            else { return nil }
            return attachment
        }
    }

    /// The text in a latest-wins field of something in view.
    public func text(_ field: FieldID, of id: EntityID) -> String? {
        if case .text(let text)? = self.field(field, of: id)?.latest?.value { text } else { nil }
    }

    /// The body in view that carries a thing; nil when nobody does.
    public func carrier(of id: EntityID) -> EntityID? {
        guard case .entity(let holder)? = field(.holder, of: id)?.latest?.value,
            replica?.entities.row(of: holder) != nil
        else { return nil }
        return holder
    }

    /// What has been counted and measured.
    public var statistics: ClientStatistics {
        var statistics = counted
        if let connection = endpoint.statistics {
            statistics.roundTrip = connection.roundTrip ?? .zero
            let settled = connection.packetsAcknowledged + connection.packetsLost
            statistics.lossShare =
                settled == 0 ? 0 : Double(connection.packetsLost) / Double(settled)
            statistics.packetsMissing = connection.packetsMissing
        }
        statistics.entityUpdates = replica?.counts.memberStates ?? 0
        if let playback {
            statistics.presentationDelay = playback.presentationDelay
            statistics.jitter = playback.jitter
            statistics.tickLossShare = playback.lossShare
            statistics.timeScale = playback.timeScale
        }
        if let prediction {
            statistics.correctionMetres = prediction.lastCorrectionMetres
            statistics.corrections = prediction.corrections
            statistics.longestCorrectionMetres = prediction.longestCorrectionMetres
        }
        if let display = replica?.entities.display {
            statistics.extrapolatedShare =
                display.movingTicks > 0 ? display.extrapolatedTicks / display.movingTicks : 0
            statistics.returns = display.returns
            statistics.longestReturnMetres = display.longestReturnMetres
            statistics.snaps = display.snaps
        }
        return statistics
    }

    /// The server's clock at an instant of this one; nil before the first ping came back.
    public func serverInstant(at now: Instant) -> Instant? {
        endpoint.serverTimeOffset.map { now + $0 }
    }

    /// A digest of who is in view and how they move, for comparing runs.
    public var digest: UInt64 {
        var digest = StateDigest()
        for id in entityIDs {
            digest.combine(id.raw)
            guard let motion = newestMotion(of: id) else { continue }
            digest.combine(UInt64(UInt32(bitPattern: motion.position.x)))
            digest.combine(UInt64(UInt32(bitPattern: motion.position.y)))
            digest.combine(UInt64(UInt32(bitPattern: motion.position.z)))
        }
        return digest.value
    }
}
