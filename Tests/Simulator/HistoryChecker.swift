// The second opinion. From nothing but what actors asked for and were told it works out what a node
// may show, and says where it shows something else. It does not know how the lattice works, only what
// was promised: what was called durable is so, what was refused never happens, and of the rest each
// may have happened or not.
//
// An edit takes effect somewhere between its sending and the news of its acceptance, or at any time
// later when there was no news. All conclusions are drawn from those intervals and hold however the
// rest went: a checker that cries wolf would be turned off.
//
// Costs: O(edits) for the index, and O(edits of one field squared) for each field.

import CairnBasics

struct HistoryChecker {
    let rules: [UInt16: HistoryRule]
    /// Whether the nodes' clocks agree so well that a second apart is surely before and after.
    let clocksAgree: Bool
    /// The field that says where an entity rests, and what it is called.
    static let placeField: UInt16 = 0
    static let nameField: UInt16 = 1
    /// Owners from here on are not actors: the world itself and its characters.
    static let firstReservedOwner: UInt64 = 1 << 62

    /// One action of one edit that was not refused.
    struct Deed {
        let edit: HistoryEdit
        let action: HistoryAction
        /// True when it has surely been done where the view was taken.
        let isCertain: Bool

        var earliest: Instant { edit.sentAt }
        var latest: Instant { edit.acceptedAt ?? edit.durableAt ?? .distantFuture }
    }

    /// What is known about the world, sorted by what it is about.
    struct Index {
        var fields: [HistoryField: [Deed]] = [:]
        var creations: [UInt64: Deed] = [:]
        var deletions: [UInt64: [Deed]] = [:]
        /// Creations without news, by actor.
        var unknownCreations: [Int: Int] = [:]
        /// Things that somebody may have carried, so that nobody knows where they stand.
        var carried: Set<UInt64> = []
        /// Entities that somebody surely edited here.
        var edited: Set<UInt64> = []

        /// Whether history knows where a thing was put first, and that nobody carried it since.
        func tellsPlace(of entity: UInt64) -> Bool {
            creations[entity] != nil && !carried.contains(entity)
        }
    }

    /// What is wrong with a view of a node.
    /// - Parameter node: the node, whose own promises alone are held against it; nil when all nodes
    ///   have told each other everything.
    func faults(
        in view: HistoryView, after history: History, now: Instant, node: UInt8? = nil
    ) -> [String] {
        let index = index(history, now: now, node: node)
        var faults = lifeFaults(in: view, index)
        for (place, deeds) in index.fields {
            guard let entity = view.entities[place.entity], let rule = rules[place.field]
            else { continue }
            if place.field == Self.placeField && !index.tellsPlace(of: place.entity) { continue }
            let wrong = fault(entity.fields[place.field], by: rule, deeds)
            guard let wrong else { continue }
            faults.append("field \(place.field) of \(name(place.entity)) \(wrong)")
        }
        faults += circles(in: view)
        for (id, entity) in view.entities {
            for (field, content) in entity.fields
            where rules[field] != nil && entity.owner < Self.firstReservedOwner
                && index.fields[HistoryField(entity: id, field: field)] == nil
                && index.creations[id] != nil
            {
                faults.append("field \(field) of \(name(id)) shows \(content), which nobody wrote")
            }
        }
        return faults.sorted()
    }

    private func index(_ history: History, now: Instant, node: UInt8?) -> Index {
        var index = Index()
        for edit in history.edits where !edit.isRefused {
            let isCertain = edit.durableAt != nil && (node == nil || edit.node == node)
            for action in edit.actions {
                enter(Deed(edit: edit, action: action, isCertain: isCertain), into: &index)
            }
        }
        return index
    }

    private func enter(_ deed: Deed, into index: inout Index) {
        switch deed.action {
        case .create(let name, let place):
            let id = deed.edit.created
            guard id != 0 else {
                index.unknownCreations[deed.edit.actor, default: 0] += 1
                return
            }
            index.creations[id] = deed
            // What a crash took may have been done again, and made another.
            if deed.edit.durableAt == nil {
                index.unknownCreations[deed.edit.actor, default: 0] += 1
            }
            let first = [(Self.placeField, place), (Self.nameField, name ?? .nothing)]
            for (field, value) in first where value != .nothing {
                let field = HistoryField(entity: id, field: field)
                index.fields[field, default: []].append(
                    Deed(edit: deed.edit, action: .write(field, value), isCertain: deed.isCertain))
            }
        case .delete(let id): index.deletions[id, default: []].append(deed)
        case .carry(let id): index.carried.insert(id)
        case .write(let field, _), .add(let field, _), .insert(let field, _),
            .remove(let field, _), .put(let field, key: _, _), .removeKey(let field, key: _):
            index.fields[field, default: []].append(deed)
            if deed.isCertain { index.edited.insert(field.entity) }
        }
    }

    /// Who must be there is, who must not is not, and nobody has come from nowhere.
    private func lifeFaults(in view: HistoryView, _ index: Index) -> [String] {
        var faults: [String] = []
        for (id, deed) in index.creations where deed.isCertain && index.deletions[id] == nil {
            if view.entities[id] == nil {
                faults.append("\(name(id)), durably created, is not there")
            }
        }
        for id in index.edited where index.creations[id]?.isCertain != true {
            if view.entities[id] == nil && index.deletions[id] == nil {
                faults.append("\(name(id)), durably edited, is not there")
            }
        }
        for (id, deeds) in index.deletions where deeds.contains(where: \.isCertain) {
            if view.entities[id] != nil {
                faults.append("\(name(id)), durably deleted, is there")
            }
        }
        var strays: [Int: Int] = [:]
        for (id, entity) in view.entities
        where entity.owner < Self.firstReservedOwner && index.creations[id] == nil {
            strays[Int(entity.owner) - 1, default: 0] += 1
        }
        for (actor, count) in strays where count > index.unknownCreations[actor] ?? 0 {
            faults.append("actor \(actor) has \(count) things that it never asked for")
        }
        return faults
    }

    /// However anybody is moved, following parents must end.
    private func circles(in view: HistoryView) -> [String] {
        var parents: [UInt64: UInt64] = [:]
        for (id, entity) in view.entities {
            for (field, content) in entity.fields {
                guard case .parent? = rules[field], case .value(.entity(let parent)) = content
                else { continue }
                parents[id] = parent
            }
        }
        var faults: [String] = []
        for start in parents.keys {
            var here = start
            var steps = 0
            while let next = parents[here], steps <= parents.count {
                here = next
                steps += 1
            }
            if steps > parents.count { faults.append("\(name(start)) hangs in a circle") }
        }
        return faults
    }

    private func name(_ id: UInt64) -> String {
        "thing \(id >> 56).\(id >> 32 & 0xff_ffff).\(id & 0xffff_ffff)"
    }
}
