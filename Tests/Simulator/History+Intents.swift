// Between the world's words and the history's: what an intent asks for, and what a node shows.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnServer
import CairnWorld

extension HistoryAction {
    /// What an intent asks for; empty when it leaves nothing behind.
    static func actions(of intent: Intent) -> [HistoryAction] {
        func place(_ id: EntityID, _ field: FieldID) -> HistoryField {
            HistoryField(entity: id.raw, field: field.raw)
        }
        return switch intent {
        case .create(_, let motion, let name):
            [.create(name: name.map { .text($0) }, at: HistoryValue(motion.position))]
        case .delete(let id): [.delete(id.raw)]
        case .place(let id, let motion):
            [.write(place(id, .placement), HistoryValue(motion.position))]
        case .set(let id, let field, let value):
            [.write(place(id, field), HistoryValue(value))]
        case .add(let id, let field, let amount): [.add(place(id, field), amount)]
        case .insert(let id, let field, let element):
            [.insert(place(id, field), HistoryValue(element))]
        case .remove(let id, let field, let element):
            [.remove(place(id, field), HistoryValue(element))]
        case .put(let id, let field, let key, let value):
            [.put(place(id, field), key: .text(key), HistoryValue(value))]
        case .removeKey(let id, let field, let key):
            [.removeKey(place(id, field), key: .text(key))]
        case .all(let parts): parts.flatMap { actions(of: $0) }
        case .putDown(let id, let motion):
            [.write(place(id, .placement), HistoryValue(motion.position))]
        case .pickUp(let id), .give(let id, to: _): [.carry(id.raw)]
        // Whose a thing is is not in the history; what that lets them do is.
        case .say, .trade, .share, .unshare, .handOver: []
        }
    }
}

extension HistoryValue {
    init(_ scalar: Scalar) {
        self =
            switch scalar {
            case .integer(let value): .number(value)
            case .text(let value): .text(value)
            case .entity(let id): id == .none ? .nothing : .entity(id.raw)
            case .boolean(let value): .number(value ? 1 : 0)
            case .real, .bytes: .nothing
            }
    }

    init(_ position: Position) { self = .place(x: position.x, y: position.y, z: position.z) }
}

extension HistoryView {
    /// What a server shows of the things in its world.
    init(of server: borrowing WorldServer) {
        let lattice = server.lattice
        for id in lattice.sortedIDs {
            guard let state = lattice[id], let life = state.life, life.kind == SimulatedKind.thing
            else { continue }
            var entity = Entity(owner: life.owner)
            for field in state.fields where field.id <= .lastAuthored {
                if field.state.attachment != nil {
                    let parent = lattice.parent(of: id, field.id)
                    entity.fields[field.id.raw] = .value(parent.map { .entity($0.raw) } ?? .nothing)
                } else if let content = Self.content(of: field.state) {
                    entity.fields[field.id.raw] = content
                }
            }
            if let motion = server.motion(of: id) {
                entity.fields[FieldID.placement.raw] = .value(HistoryValue(motion.position))
            }
            entities[id.raw] = entity
        }
    }

    private static func content(of state: FieldState) -> Content? {
        switch state {
        case .latest(let register): return .value(HistoryValue(register.value))
        case .counter(let counter): return .sum(counter.value)
        case .set(let set): return .values(Set(set.elements.map { HistoryValue($0) }))
        case .map(let map):
            var entries: [HistoryValue: HistoryValue] = [:]
            for key in map.keys { entries[.text(key)] = map[key].map { HistoryValue($0) } }
            return .entries(entries)
        case .maximum(let register): return .sum(register.value)
        case .minimum(let register): return .sum(register.value)
        case .multiValue(let register):
            return .values(Set(register.values.map { HistoryValue($0) }))
        case .bounded(let counter): return .sum(Int64(clamping: counter.aboveBound))
        // Read through the forest of all of them, since a circle's last attachment does not hold.
        case .attachment: return nil
        }
    }
}
