// What holds of a server at every moment, faults or not, looked at from outside: everything in the
// world is what its description allows, stands inside it, moves no faster than its kind may, belongs
// to somebody who is there, and what is deleted stays so.
//
// The rules are written here from the description alone. The door is not asked, because the door is
// what may be broken.
//
// A look costs about 30 µs, so bodies are followed every tick and the rest is looked over every
// tenth.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnServer
import CairnWorld

/// Watches one node of a simulation.
struct Invariants {
    /// What was broken, in words, each kind of it once.
    private(set) var faults: [String] = []
    private let node: UInt8
    private let thingsPerIdentity: Int
    /// What the only node there is can promise and several cannot.
    private let isAlone: Bool
    private var told = Set<String>()
    private var looks = 0
    private var allowances: [EntityID: Allowance] = [:]
    /// What lived at the last look, and what was deleted before it in this boot.
    private var living = Set<EntityID>()
    private var deleted = Set<EntityID>()
    /// The newest time in the world at the last look, and of those the newest that this node wrote.
    private var newest = HybridTime.zero
    private var newestOwn = HybridTime.zero

    /// How far a body may still go, in position units, and where it was last.
    private struct Allowance {
        var units: Double
        var place: Position
        var at: Instant
    }

    private static let looksPerSweep = 10
    /// Claimed time that may be made up later, in seconds; the world's rules promise no more.
    private static let creditSeconds = 1.0

    init(node: UInt8 = 1, thingsPerIdentity: Int, isAlone: Bool = true) {
        self.node = node
        self.thingsPerIdentity = thingsPerIdentity
        self.isAlone = isAlone
    }

    /// The node has died: what was not on its disk is as if it had not been.
    mutating func restarted() {
        allowances.removeAll()
        living.removeAll()
        deleted.removeAll()
        newest = .zero
        newestOwn = .zero
    }

    /// Looks at the server after a tick.
    ///
    /// - Parameter boot: which run of the node this is.
    /// - Parameter highestWall: the most that the node's wall clock has ever shown, in milliseconds.
    mutating func look(
        at server: borrowing WorldServer, boot: UInt32, now: Instant, highestWall: UInt64
    ) {
        looks += 1
        let lattice = server.lattice
        if looks % Self.looksPerSweep == 1 {
            sweep(server, lattice)
            checkTimes(
                lattice, by: ReplicaID(node: node, boot: boot), highestWall: highestWall)
        }
        for id in bodies { follow(id, lattice, server, now) }
    }

    private var bodies: [EntityID] = []

    private mutating func note(_ kind: String, _ fault: String) {
        guard told.insert(kind).inserted else { return }
        faults.append("invariant of node \(node): \(fault)")
    }
}

// MARK: - Motion

extension Invariants {
    /// A body goes no further than its kind's speed carries it, give or take a second of credit.
    private mutating func follow(
        _ id: EntityID, _ lattice: Lattice, _ server: borrowing WorldServer, _ now: Instant
    ) {
        guard let motion = server.motion(of: id), let life = lattice[id]?.life,
            let kind = server.description.kind(life.kind)
        else {
            allowances[id] = nil
            return
        }
        if !server.description.bounds.contains(motion.position) {
            note("bounds", "\(id) stands outside the world")
        }
        let speed = kind.maxSpeedMetresPerSecond * Double(Position.unitsPerMetre)
        let credit = speed * Self.creditSeconds
        guard let last = allowances[id] else {
            allowances[id] = Allowance(units: credit, place: motion.position, at: now)
            return
        }
        // A clock may run a thousandth fast, and a way is rounded to whole units.
        let allowed = last.units + (now - last.at).seconds * speed * 1.002 + 4
        let way = Double(motion.position.squaredDistance(to: last.place)).squareRoot()
        if way > allowed {
            note(
                "speed",
                "\(id) went \(Int(way / 1_024)) m when it could go \(Int(allowed / 1_024)) m")
        }
        allowances[id] = Allowance(
            units: min(credit, allowed - way), place: motion.position, at: now)
    }
}

// MARK: - Shared state

extension Invariants {
    private mutating func sweep(_ server: borrowing WorldServer, _ lattice: Lattice) {
        let ids = lattice.sortedIDs
        var ownBodies = 0
        var things: [UInt64: Int] = [:]
        bodies.removeAll(keepingCapacity: true)
        for id in ids {
            guard let state = lattice[id], let life = state.life else { continue }
            if deleted.contains(id) { note("life", "\(id) lives again") }
            // What a session is remembered by has no place in the world.
            guard life.kind != KindID(0) else { continue }
            guard let kind = server.description.kind(life.kind) else {
                note("kind", "\(id) is of no kind")
                continue
            }
            let isMine = id.replica.raw >> 24 == UInt32(node)
            switch kind.role {
            case .object:
                if isMine { things[life.owner, default: 0] += 1 }
            case .avatar, .device:
                if isMine { ownBodies += 1 }
                if isMine { bodies.append(id) }
            case .npc:
                if isMine { bodies.append(id) }
            }
            for field in state.fields { check(field, of: id, kind, lattice, server.description) }
        }
        if ownBodies > server.holdings.sessions {
            note(
                "body",
                "\(ownBodies) bodies for \(server.holdings.sessions) sessions: a ghost walks")
        }
        checkOwners(things)
        let present = Set(ids)
        deleted.formUnion(living.subtracting(present))
        living = present
    }

    /// What a node's disk had lost comes back from the others when there is no room for it any more.
    private mutating func checkOwners(_ things: [UInt64: Int]) {
        guard isAlone else { return }
        for owner in things.keys.sorted() where owner > 0 && owner < 1 << 62 {
            let count = things[owner] ?? 0
            guard count > thingsPerIdentity else { continue }
            note("quota", "identity \(owner) has \(count) things of \(thingsPerIdentity)")
        }
    }

    private mutating func check(
        _ field: EntityState.Field, of id: EntityID, _ kind: KindDescription, _ lattice: Lattice,
        _ description: WorldDescription
    ) {
        if field.id == .placement {
            checkPlacement(field.state, of: id, kind, description)
        } else if let rule = description.field(field.id, of: kind.id) {
            if let fault = Self.fault(in: field.state, rule, isAlone: isAlone) {
                note("field \(rule.name)", "'\(rule.name)' of \(id) \(fault)")
            }
            if field.state.attachment != nil { checkWayUp(id, field.id, lattice) }
        } else if field.id.raw < FieldID.firstAuthored.raw + 1_024 {
            note("field", "\(id) has a field \(field.id.raw) that its kind does not have")
        }
    }

    private mutating func checkPlacement(
        _ state: FieldState, of id: EntityID, _ kind: KindDescription,
        _ description: WorldDescription
    ) {
        guard case .bytes(let bytes)? = state.latest?.value,
            let motion = Motion(restingBytes: bytes)
        else { return note("placement", "\(id) is placed nowhere") }
        if !description.bounds.contains(motion.position) {
            note("placement", "\(id) is placed outside the world")
        }
        if motion.velocity != .zero { note("rest", "\(id) is placed and does not rest") }
    }

    /// Whoever goes up from a child, parent by parent, comes to an end.
    private mutating func checkWayUp(_ id: EntityID, _ field: FieldID, _ lattice: Lattice) {
        var here = id
        for _ in 0...lattice.entityCount {
            guard let parent = lattice.parent(of: here, field) else { return }
            here = parent
        }
        note("circle", "\(id) hangs on itself")
    }
}

// MARK: - Times

extension Invariants {
    /// What this node writes is later than all that it had seen, and nothing is from further in the
    /// future than clocks that are kept in step can differ.
    private mutating func checkTimes(
        _ lattice: Lattice, by replica: ReplicaID, highestWall: UInt64
    ) {
        var own = newestOwn
        for id in lattice.sortedIDs {
            for field in lattice[id]?.fields ?? [] {
                guard let stamp = field.state.latest?.stamp ?? field.state.attachment?.stamp,
                    stamp.replica == replica, stamp.time > newestOwn
                else { continue }
                own = max(own, stamp.time)
                if stamp.time < newest {
                    note("clock", "\(id) was written earlier than what was there before")
                }
            }
        }
        newestOwn = own
        newest = max(newest, lattice.newestTime)
        if newest.milliseconds > highestWall + Self.leadMilliseconds {
            let lead = newest.milliseconds - highestWall
            note("future", "something was written \(lead) ms in the future")
        }
    }

    /// What a clock may be behind another's, and a tick.
    private static let leadMilliseconds: UInt64 = 550
}

// MARK: - Values

extension Invariants {
    /// What is wrong with a field's state by its description; nil when nothing is.
    private static func fault(
        in state: FieldState, _ rule: FieldDescription, isAlone: Bool
    ) -> String? {
        switch (rule.policy, state) {
        case (.latest, .latest(let register)):
            return fault(in: register.value, rule)
        case (.counter, .counter(let counter)):
            // Several nodes can each be in range with what they know, and beyond it together.
            return isAlone ? fault(in: .integer(counter.value), rule) : nil
        case (.set, .set(let set)):
            if isAlone && set.count > rule.maximumElements { return "has too many elements" }
            return set.elements.lazy.compactMap { fault(in: $0, rule) }.first
        case (.map, .map(let map)):
            if isAlone && map.count > rule.maximumElements { return "has too many keys" }
            let values = map.keys.compactMap { map[$0] }
            let longest = map.keys.map(\.utf8.count).max() ?? 0
            if longest > WorldLimits.keyBytes || map.keys.contains("") { return "has a bad key" }
            return values.lazy.compactMap { fault(in: $0, rule) }.first
        case (.maximum, .maximum(let register)): return fault(in: .integer(register.value), rule)
        case (.minimum, .minimum(let register)): return fault(in: .integer(register.value), rule)
        case (.multiValue, .multiValue(let register)):
            return register.values.lazy.compactMap { fault(in: $0, rule) }.first
        case (.bounded, .bounded(let counter)):
            let value = counter.value(from: rule.range?.lowerBound ?? 0)
            return isAlone ? fault(in: .integer(value), rule) : nil
        case (.attachment, .attachment): return nil
        default:
            return "has a state that its policy does not make"
        }
    }

    private static func fault(in value: Scalar, _ rule: FieldDescription) -> String? {
        switch (rule.type, value) {
        case (.boolean, .boolean), (.entity, .entity): return nil
        case (.integer, .integer(let number)):
            guard let range = rule.range else { return nil }
            return range.contains(number) ? nil : "is \(number), not in \(range)"
        case (.real, .real(let number)): return number.isFinite ? nil : "is not finite"
        case (.bytes, .bytes(let bytes)): return bytes.count <= rule.maximumBytes ? nil : "is long"
        case (.text, .text(let text)): return fault(in: text, atMostBytes: rule.maximumBytes)
        default: return "is of another type"
        }
    }

    /// What is wrong with a line that somebody may be shown; nil when nothing is.
    static func fault(in line: String, atMostBytes limit: Int) -> String? {
        if line.utf8.count > limit { return "has \(line.utf8.count) bytes of \(limit)" }
        for scalar in line.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            // Line and paragraph separators, and what turns the direction of reading.
            let isTrick = [0x2028...0x202e, 0x2066...0x2069].contains { $0.contains(scalar.value) }
            if isControl || isTrick { return "is not plain text" }
        }
        return nil
    }
}
