import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// A world as its author has it in a file: kinds and fields in some order, which numbers them.
struct FileWorld: Hashable, Sendable {
    struct Kind: Hashable, Sendable {
        var name: String
        var role: KindRole
        /// Their numbers mean nothing here.
        var fields: [FieldDescription] = []
    }

    var kinds: [Kind]
    var bounds = Bounds(
        lowest: SampleWorld.metres(-100, -100, -10), highest: SampleWorld.metres(100, 100, 50))

    /// Numbered by order, as a world file is.
    var description: WorldDescription {
        var world = WorldDescription(name: "File", bounds: bounds)
        for (index, kind) in kinds.enumerated() {
            let id = KindID(UInt16(index + 1))
            var described = KindDescription(id: id, name: kind.name, role: kind.role)
            for var field in kind.fields {
                field.id = FieldID(FieldID.firstAuthored.raw + UInt16(world.fields.count))
                field.kind = id
                world.fields.append(field)
                described.fieldIDs.append(field.id)
            }
            world.kinds.append(described)
        }
        return world
    }

    /// Gives the fields of a kind to a closure that changes them.
    mutating func edit(_ kind: String, _ body: (inout [FieldDescription]) -> Void) {
        guard let index = kinds.firstIndex(where: { $0.name == kind }) else { return }
        body(&kinds[index].fields)
    }

    /// Changes one field.
    mutating func edit(_ kind: String, _ field: String, _ body: (inout FieldDescription) -> Void) {
        edit(kind) { fields in
            guard let index = fields.firstIndex(where: { $0.name == field }) else { return }
            body(&fields[index])
        }
    }

    static func field(
        _ name: String, _ type: ScalarType, _ policy: FieldPolicy = .latest,
        range: ClosedRange<Int64>? = nil, bytes: Int = 64, elements: Int = 32
    ) -> FieldDescription {
        FieldDescription(
            id: FieldID(0), kind: KindID(0), name: name, type: type, policy: policy, range: range,
            maximumBytes: bytes, maximumElements: elements)
    }

    /// A player, a walker, a shelf with one field of every form, and a lamp that nobody has.
    static let market = FileWorld(kinds: [
        Kind(name: "player", role: .avatar, fields: [field("mood", .text)]),
        Kind(name: "walker", role: .npc),
        Kind(
            name: "shelf", role: .object,
            fields: [
                field("label", .text, bytes: 20),
                field("height", .integer, range: 0...9),
                field("stock", .integer, .counter, range: 0...100),
                field("tags", .text, .set, bytes: 10, elements: 4),
                field("notes", .text, .map, bytes: 10, elements: 4),
                field("empty", .integer),
            ]),
        Kind(
            name: "hook", role: .object,
            fields: [
                field("best", .integer, .maximum, range: 0...50),
                field("first", .integer, .minimum),
                field("sign", .text, .multiValue, bytes: 10),
                field("fuel", .integer, .bounded, range: -5...20),
                field("hangsOn", .entity, .attachment),
                field("spare", .integer, .bounded, range: 0...9),
            ]),
        Kind(name: "lamp", role: .object, fields: [field("lit", .boolean)]),
    ])

    /// The market with two shelves and a player in it.
    static func marketState() -> Lattice {
        let world = market.description
        func field(_ name: String) -> FieldID {
            world.field(named: name, inKind: KindID(3))!.id
        }
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        var state = Lattice()
        for x in [5.0, 20] {
            let (id, delta) = author.create(kind: KindID(3), owner: 1, wallMilliseconds: 1)
            state.join(delta)
            let place = Motion(position: SampleWorld.metres(x, 0)).restingBytes
            state.join(author.set(id, .placement, .bytes(place), wallMilliseconds: 1))
            state.join(author.set(id, field("label"), .text("Figs"), wallMilliseconds: 1))
        }
        let id = state.sortedIDs[0]
        state.join(author.set(id, field("height"), .integer(7), wallMilliseconds: 2))
        state.join(author.add(id, field("stock"), 40, in: state))
        state.join(author.insert(id, field("tags"), .text("ripe"), in: state))
        state.join(author.insert(id, field("tags"), .text("local"), in: state))
        state.join(
            author.put(id, field("notes"), key: "k", .text("sweet"), in: state, wallMilliseconds: 3)
        )
        state.join(author.add(id, field("empty"), 0, in: state))
        hangHooks(in: &state, of: world, by: &author)
        let (player, delta) = author.create(kind: KindID(1), owner: 2, wallMilliseconds: 4)
        state.join(delta)
        let far = Motion(position: SampleWorld.metres(99, 99)).restingBytes
        state.join(author.set(player, .placement, .bytes(far), wallMilliseconds: 4))
        state.join(author.set(player, FieldID(2), .text("merry"), wallMilliseconds: 4))
        return state
    }

    /// A hook with a value in every field but `spare`, which holds nothing, on another.
    private static func hangHooks(
        in state: inout Lattice, of world: WorldDescription, by author: inout Author
    ) {
        let kind = world.kind(named: "hook")!.id
        func field(_ name: String) -> FieldID { world.field(named: name, inKind: kind)!.id }
        let (nail, first) = author.create(kind: kind, owner: 1, wallMilliseconds: 1)
        let (hook, second) = author.create(kind: kind, owner: 1, wallMilliseconds: 1)
        state.join(first)
        state.join(second)
        state.join(author.raise(hook, field("best"), to: 30, in: state))
        state.join(author.lower(hook, field("first"), to: -2, in: state))
        state.join(author.write(hook, field("sign"), .text("Fresh"), in: state))
        state.join(author.grant(hook, field("fuel"), 12, in: state))
        state.join(author.grant(hook, field("spare"), 3, in: state))
        state.join(author.spend(hook, field("spare"), 3, in: state) ?? Lattice())
        let hanging = author.attach(
            hook, field("hangsOn"), to: nail, in: state, wallMilliseconds: 5)
        state.join(hanging ?? Lattice())
    }
}
