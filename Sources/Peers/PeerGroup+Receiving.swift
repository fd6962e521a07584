// What comes in. Nothing on the bus is believed that can be checked: a message that cannot be read, is
// not from whom it says, comes from a boot that has ended, is stamped in the future or in
// this node's own name, changes nothing and is counted.

public import CairnBasics
public import CairnCRDT

extension PeerGroup {
    /// Takes a message of any origin.
    ///
    /// - Parameter node: whom the bus says it is from.
    /// - Parameter lattice: this node's state, all that it has committed included.
    /// - Returns: what the node must do at once; a delta must be joined before the next message.
    public mutating func handle(
        _ bytes: RawSpan, from node: UInt8, lattice: Lattice, now: Instant,
        wallMilliseconds: UInt64
    ) -> PeerArrival {
        guard let index = links.firstIndex(where: { $0.node == node }),
            let (header, message) = read(bytes, from: node)
        else {
            counters.refusedBytes &+= 1
            return .nothing
        }
        guard header.fromBoot >= links[index].boot else {
            counters.refusedBoots &+= 1
            return .nothing
        }
        if header.fromBoot > links[index].boot {
            links[index].begin(
                boot: header.fromBoot, lastSequence: recent.lastSequence, now: now)
        }
        counters.messagesTaken &+= 1
        links[index].heardAt = now
        return take(
            message, header, of: index, lattice: lattice, now: now,
            wallMilliseconds: wallMilliseconds)
    }

    private func read(
        _ bytes: RawSpan, from node: UInt8
    ) -> (header: PeerHeader, message: PeerMessage)? {
        do throws(CodecError) {
            let read = try PeerMessage.read(bytes)
            let header = read.header
            let isForThis =
                header.from == node && header.to == replica.node && header.world == world
                && header.fromBoot > 0 && header.fromBoot <= 0xff_ffff
            return isForThis ? read : nil
        } catch {
            return nil
        }
    }

    private mutating func take(
        _ message: PeerMessage, _ header: PeerHeader, of index: Int, lattice: Lattice,
        now: Instant, wallMilliseconds: UInt64
    ) -> PeerArrival {
        switch message {
        case .delta(let sequence, let base, let delta):
            return take(
                delta, sequence: sequence, base: base, of: index, lattice: lattice, now: now,
                wallMilliseconds: wallMilliseconds)
        case .acknowledgement(let sequences):
            // Of an earlier boot's deltas it says nothing that matters.
            if header.toBoot == replica.boot { take(sequences, of: index, now: now) }
        case .summary(let context, let buckets):
            compare(context: context, buckets: buckets, of: index, lattice: lattice, now: now)
        case .stretch(let ids, let seen):
            repair(
                lattice.lacking(in: seen, of: ids, rowLimit: PeerLimits.repairRows), to: index,
                now: now)
        case .lists(let lists):
            answer(lists, of: index, lattice: lattice, now: now)
        case .repair(let delta):
            let admitted = admissible(
                partsOf: delta, lattice: lattice, wallMilliseconds: wallMilliseconds)
            guard !admitted.isEmpty else { return .nothing }
            counters.repairsTaken &+= 1
            return .delta(admitted)
        case .motions(let tick, let body):
            return .motions(
                of: ReplicaID(node: header.from, boot: header.fromBoot), tick: tick, body: body)
        case .ask(let number, let ask):
            guard header.toBoot == replica.boot else { return .nothing }
            return take(ask, number: number, of: index, now: now)
        }
        return .nothing
    }

    private mutating func take(
        _ delta: Lattice, sequence: UInt64, base: UInt64, of index: Int, lattice: Lattice,
        now: Instant, wallMilliseconds: UInt64
    ) -> PeerArrival {
        if links[index].joined.advance(to: base - 1) {
            // What came before will not come any more.
            links[index].summaryDue = min(links[index].summaryDue, now)
        }
        links[index].owesAcknowledgement = true
        guard !links[index].joined.contains(sequence) else {
            counters.repeated &+= 1
            return .nothing
        }
        guard links[index].joined.reaches(sequence) else {
            counters.beyondReach &+= 1
            return .nothing
        }
        guard isAdmissible(delta, lattice: lattice, wallMilliseconds: wallMilliseconds) else {
            return .nothing
        }
        links[index].joined.insert(sequence)
        return .delta(delta)
    }

    private mutating func take(_ sequences: SequenceSet, of index: Int, now: Instant) {
        guard sequences.last <= recent.lastSequence else {
            counters.refusedBytes &+= 1
            return
        }
        guard links[index].acknowledged.join(sequences) else { return }
        links[index].resendAfter = PeerLimits.resendAfter
        let isDone = links[index].acknowledged.through >= links[index].sentThrough
        links[index].resendAt = isDone ? .distantFuture : now + PeerLimits.resendAfter
    }

    /// Whether a delta may be joined now.
    ///
    /// One from the future may be later: it is not acknowledged, so it comes again.
    private mutating func isAdmissible(
        _ delta: Lattice, lattice: Lattice, wallMilliseconds: UInt64
    ) -> Bool {
        let wall = min(wallMilliseconds, HybridTime.maximumMilliseconds)
        let limit = wall + HybridClock.maximumLeadMilliseconds
        if delta.newestTime.milliseconds > limit {
            counters.refusedFuture &+= 1
            return false
        }
        if let oldest = delta.oldestTime, oldest < .earliest {
            counters.refusedPast &+= 1
            return false
        }
        if delta.teaches(lattice, about: replica) {
            counters.refusedOwn &+= 1
            return false
        }
        return true
    }

    /// As much of a repair as may be joined: it has many entities, of which one may be bad.
    private mutating func admissible(
        partsOf delta: Lattice, lattice: Lattice, wallMilliseconds: UInt64
    ) -> Lattice {
        let before = counters
        if isAdmissible(delta, lattice: lattice, wallMilliseconds: wallMilliseconds) {
            return delta
        }
        counters = before
        var admitted = Lattice()
        let parts = delta.sortedRowIDs.map { delta.extract([$0]) } + [delta.deletions]
        for part in parts
        where isAdmissible(part, lattice: lattice, wallMilliseconds: wallMilliseconds) {
            admitted.join(part)
        }
        return admitted
    }
}
