import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

/// One edit of the market's file, and what is said of it: with the market's data, where a shelf has
/// something in every field but `empty` and nothing is a lamp, and without looking at any data.
struct FileEdit: Sendable, CustomTestStringConvertible {
    var name: String
    var withData: SchemaDifference.Effect
    var without: SchemaDifference.Effect
    /// What is said with the data.
    var says: String
    var apply: @Sendable (inout FileWorld) -> Void
    var testDescription: String { name }

    init(
        _ name: String, _ withData: SchemaDifference.Effect, _ without: SchemaDifference.Effect,
        _ says: String, _ apply: @escaping @Sendable (inout FileWorld) -> Void
    ) {
        (self.name, self.withData, self.without) = (name, withData, without)
        (self.says, self.apply) = (says, apply)
    }

    static let additions = [
        FileEdit("a kind", .migrates, .migrates, "bench: a new kind (object)") {
            $0.kinds.insert(
                FileWorld.Kind(
                    name: "bench", role: .object, fields: [FileWorld.field("seats", .integer)]),
                at: 1)
        },
        FileEdit("a field in the middle", .migrates, .migrates, "shelf.price: a new field (real)") {
            $0.edit("shelf") { $0.insert(FileWorld.field("price", .real), at: 1) }
        },
        FileEdit(
            "a field of bodies", .migrates, .migrates, "player.hats: a new field (set of text)"
        ) {
            $0.edit("player") { $0.insert(FileWorld.field("hats", .text, .set), at: 0) }
        },
    ]

    static let removals = [
        FileEdit(
            "a kind in use", .refused, .refused,
            "shelf: the kind is gone, and 2 stored things are of it; restore the kind, or delete "
                + "those things first, or start with an empty data directory"
        ) { $0.kinds.remove(at: 2) },
        FileEdit(
            "a kind of which there is nothing", .migrates, .refused,
            "lamp: the kind is gone, and nothing stored is of it"
        ) { $0.kinds.removeLast() },
        FileEdit(
            "a field in use", .needsAdoption, .needsAdoption,
            "shelf.label: the field is gone, and 2 stored things have a value in it; restore the "
                + "field, or serve with --adopt-schema to hide the values until the field is back"
        ) { $0.edit("shelf") { $0.removeFirst() } },
        FileEdit(
            "a field that holds nothing", .migrates, .needsAdoption,
            "shelf.empty: the field is gone, and no stored thing has a value in it"
        ) { $0.edit("shelf") { $0.removeLast() } },
        FileEdit(
            "a field of bodies", .migrates, .migrates,
            "player.mood: the field is gone, and no stored thing has a value in it"
        ) { $0.edit("player") { $0.removeAll() } },
    ]

    static let meanings = [
        FileEdit(
            "a role of things", .refused, .refused,
            "shelf: its role was object and is npc, and 2 stored things are of it; restore the "
                + "role, and add a kind for the new one, or start with an empty data directory"
        ) { $0.kinds[2].role = .npc },
        FileEdit(
            "a role of bodies", .migrates, .migrates,
            "walker: its role was npc and is object, and nothing stored is of it"
        ) {
            $0.kinds[1].role = .object
        },
        FileEdit(
            "a type", .needsAdoption, .needsAdoption,
            "shelf.height: it was integer and is text, and 1 stored thing has a value in it; "
                + "restore its type and policy, and add a field for the new ones, or serve with "
                + "--adopt-schema to hide the values until its type and policy are back"
        ) {
            $0.edit("shelf", "height") {
                $0.type = .text
                $0.range = nil
            }
        },
        FileEdit(
            "a policy", .needsAdoption, .needsAdoption,
            "shelf.tags: it was set of text and is map of text, and 1 stored thing has a value in "
                + "it; restore its type and policy, and add a field for the new ones, or serve "
                + "with --adopt-schema to hide the values until its type and policy are back"
        ) { $0.edit("shelf", "tags") { $0.policy = .map } },
        FileEdit(
            "the type of a field that holds nothing", .migrates, .needsAdoption,
            "shelf.empty: it was integer and is real, and no stored thing has a value in it"
        ) { $0.edit("shelf", "empty") { $0.type = .real } },
    ]

    static let policies = [
        FileEdit(
            "the most of a bounded counter", .migrates, .migrates,
            "hook.fuel: its range was -5 to 20 and is -5 to 30"
        ) { $0.edit("hook", "fuel") { $0.range = -5...30 } },
        FileEdit(
            "a most that is below what there is", .needsAdoption, .needsAdoption,
            "hook.fuel: its range was -5 to 20 and is -5 to 6, and a stored value is 7; widen the "
                + "range to hold that, or serve with --adopt-schema to keep the values until they "
                + "are next changed"
        ) { $0.edit("hook", "fuel") { $0.range = -5...6 } },
        FileEdit(
            "the least of a bounded counter", .needsAdoption, .needsAdoption,
            "hook.fuel: it was bounded counter from -5 and is bounded counter from -9, and 1 stored "
                + "thing has a value in it; restore its least, and add a field for the new one, or "
                + "serve with --adopt-schema to hide the values until its least is back"
        ) { $0.edit("hook", "fuel") { $0.range = -9...20 } },
        FileEdit(
            "the least of one that is at it", .migrates, .needsAdoption,
            "hook.spare: it was bounded counter from 0 and is bounded counter from -1, and no "
                + "stored thing has a value in it"
        ) { $0.edit("hook", "spare") { $0.range = -1...9 } },
        FileEdit(
            "a record's range too narrow", .needsAdoption, .needsAdoption,
            "hook.best: its range was 0 to 50 and is 0 to 29, and a stored value is 30; widen the "
                + "range to hold that, or serve with --adopt-schema to keep the values until they "
                + "are next changed"
        ) { $0.edit("hook", "best") { $0.range = 0...29 } },
        FileEdit(
            "a sign too short", .needsAdoption, .needsAdoption,
            "hook.sign: it took 10 bytes and takes 4, and a stored value has 5; give maximumBytes 5 "
                + "or more, or serve with --adopt-schema to keep the values until they are next "
                + "changed"
        ) { $0.edit("hook", "sign") { $0.maximumBytes = 4 } },
        meaning("a maximum that becomes a minimum", "best", "maximum", "minimum") {
            $0.policy = .minimum
        },
        meaning("a minimum that becomes a value", "first", "minimum", "integer") {
            $0.policy = .latest
        },
        meaning(
            "a multi-value that becomes a value", "sign", "multi-value text", "text"
        ) { $0.policy = .latest },
        meaning(
            "a bounded counter that becomes a counter", "fuel", "bounded counter from -5",
            "counter"
        ) { $0.policy = .counter },
        meaning("an attachment that becomes a value", "hangsOn", "attachment", "entity") {
            $0.policy = .latest
        },
    ]

    /// A field of the hook whose values another form would hide.
    private static func meaning(
        _ name: String, _ field: String, _ old: String, _ new: String,
        _ change: @escaping @Sendable (inout FieldDescription) -> Void
    ) -> FileEdit {
        FileEdit(
            name, .needsAdoption, .needsAdoption,
            "hook.\(field): it was \(old) and is \(new), and 1 stored thing has a value in it; "
                + "restore its type and policy, and add a field for the new ones, or serve with "
                + "--adopt-schema to hide the values until its type and policy are back"
        ) { $0.edit("hook", field, change) }
    }

    static let limits = [
        FileEdit(
            "a wider range", .migrates, .migrates,
            "shelf.stock: its range was 0 to 100 and is -5 to 200"
        ) { $0.edit("shelf", "stock") { $0.range = -5...200 } },
        FileEdit(
            "no range", .migrates, .migrates,
            "shelf.height: its range was 0 to 9 and is every whole number"
        ) { $0.edit("shelf", "height") { $0.range = nil } },
        FileEdit(
            "a narrower range that holds what is stored", .migrates, .needsAdoption,
            "shelf.stock: its range was 0 to 100 and is 0 to 40"
        ) { $0.edit("shelf", "stock") { $0.range = 0...40 } },
        FileEdit(
            "a range too narrow", .needsAdoption, .needsAdoption,
            "shelf.stock: its range was 0 to 100 and is 0 to 39, and a stored value is 40; "
                + "widen the range to hold that, or serve with --adopt-schema to keep the "
                + "values until they are next changed"
        ) { $0.edit("shelf", "stock") { $0.range = 0...39 } },
        FileEdit(
            "a range that is elsewhere", .needsAdoption, .needsAdoption,
            "shelf.height: its range was 0 to 9 and is 8 to 20, and a stored value is 7; "
                + "widen the range to hold that, or serve with --adopt-schema to keep the values "
                + "until they are next changed"
        ) { $0.edit("shelf", "height") { $0.range = 8...20 } },
        FileEdit(
            "longer text", .migrates, .migrates, "shelf.label: it took 20 bytes and takes 21"
        ) { $0.edit("shelf", "label") { $0.maximumBytes = 21 } },
        FileEdit(
            "shorter text that still fits", .migrates, .needsAdoption,
            "shelf.notes: it took 10 bytes and takes 5"
        ) { $0.edit("shelf", "notes") { $0.maximumBytes = 5 } },
        FileEdit(
            "text too short", .needsAdoption, .needsAdoption,
            "shelf.label: it took 20 bytes and takes 3, and a stored value has 4; give "
                + "maximumBytes 4 or more, or serve with --adopt-schema to keep the values until "
                + "they are next changed"
        ) { $0.edit("shelf", "label") { $0.maximumBytes = 3 } },
        FileEdit(
            "more elements", .migrates, .migrates, "shelf.tags: it took 4 elements and takes 5"
        ) { $0.edit("shelf", "tags") { $0.maximumElements = 5 } },
        FileEdit(
            "too few elements", .needsAdoption, .needsAdoption,
            "shelf.tags: it took 4 elements and takes 1, and one that is stored has 2; give "
                + "maximumElements 2 or more, or serve with --adopt-schema to keep the values "
                + "until they are next changed"
        ) { $0.edit("shelf", "tags") { $0.maximumElements = 1 } },
        FileEdit(
            "elements of what has none", .migrates, .migrates,
            "shelf.label: it took 32 elements and takes 1"
        ) { $0.edit("shelf", "label") { $0.maximumElements = 1 } },
        FileEdit(
            "other writers", .migrates, .migrates,
            "shelf.label: its writers were owner and are server"
        ) { $0.edit("shelf", "label") { $0.writers = .server } },
        FileEdit(
            "narrower bounds around all things", .migrates, .needsAdoption,
            "the world: its bounds were [-100.0, -100.0, -10.0] to [100.0, 100.0, 50.0] and are "
                + "[-100.0, -100.0, -10.0] to [20.0, 100.0, 50.0]"
        ) { $0.bounds.highest.x = 20 * 1_024 },
        FileEdit(
            "bounds too narrow", .needsAdoption, .needsAdoption,
            "the world: its bounds were [-100.0, -100.0, -10.0] to [100.0, 100.0, 50.0] and are "
                + "[-100.0, -100.0, -10.0] to [19.0, 100.0, 50.0], and what is stored reaches from "
                + "[5.0, 0.0, 0.0] to [20.0, 0.0, 0.0]; widen the bounds to hold that, or serve with "
                + "--adopt-schema to leave it outside"
        ) { $0.bounds.highest.x = 19 * 1_024 },
    ]
}

@Suite struct SchemaChangesAreJudgedTests {
    private let schema = WorldSchema(of: FileWorld.market.description)

    private func change(
        to file: FileWorld, use: SchemaUse? = nil, from schema: WorldSchema? = nil
    ) -> SchemaChange {
        let schema = schema ?? self.schema
        return SchemaChange(
            from: schema, to: file.description,
            use: use ?? SchemaUse(of: FileWorld.marketState(), under: schema))
    }

    @Test(
        arguments: FileEdit.additions + FileEdit.removals + FileEdit.meanings + FileEdit.policies
            + FileEdit.limits)
    func anEditIsOneDifferenceWithOneSentence(_ edit: FileEdit) throws {
        var file = FileWorld.market
        edit.apply(&file)
        let change = change(to: file)
        #expect(change.differences.map(\.description) == [edit.says])
        #expect(change.differences.map(\.effect) == [edit.withData])
        #expect(change.obstacles(adopting: false).isEmpty == (edit.withData == .migrates))
        #expect(change.obstacles(adopting: true).isEmpty == (edit.withData != .refused))

        let blind = self.change(to: file, use: SchemaUse(everythingUnder: schema))
        #expect(blind.differences.map(\.effect) == [edit.without])
        let empty = self.change(to: file, use: SchemaUse())
        #expect(empty.differences.map(\.effect) == [.migrates], "an empty world takes anything")
    }

    @Test func theSameFileIsNoDifference() {
        let change = change(to: .market)
        #expect(change.differences == [])
        #expect(change.schema == schema)
        #expect(change.description == FileWorld.market.description)
        #expect(SchemaChange(to: FileWorld.market.description).schema == schema)
    }

    @Test func theOrderOfTheFileMeansNothing() {
        var file = FileWorld.market
        file.kinds.reverse()
        file.edit("shelf") { $0.reverse() }
        let change = change(to: file)
        #expect(change.differences == [])
        #expect(change.schema == schema)
        #expect(change.description == FileWorld.market.description)
    }

    @Test func namesKeepTheirNumbersAndNewOnesGetTheNext() throws {
        var file = FileWorld.market
        for addition in FileEdit.additions { addition.apply(&file) }
        let world = change(to: file).description
        #expect(world.faults() == [])
        let old = FileWorld.market.description
        for kind in old.kinds { #expect(world.kind(named: kind.name)?.id == kind.id) }
        for field in old.fields {
            #expect(world.field(named: field.name, inKind: field.kind)?.id == field.id)
        }
        #expect(world.kind(named: "bench")?.id == KindID(6))
        let fresh = world.fields.filter { $0.id.raw > old.fields.last!.id.raw }
        #expect(Set(fresh.map(\.name)) == ["seats", "price", "hats"])
    }

    @Test func whatStandsInTheFileFollowsTheNumbers() throws {
        // The sample world is turned around, so that its own numbers are all in the wrong place.
        let world = SampleWorld.description
        var turned = world
        let last = world.kinds.count + 1
        turned.kinds = world.kinds.reversed().map { kind in
            var kind = kind
            kind.id = KindID(UInt16(last) - kind.id.raw)
            kind.fieldIDs = kind.fieldIDs.reversed().map { FieldID(18 - $0.raw) }
            return kind
        }
        turned.fields = world.fields.reversed().map { field in
            var field = field
            field.id = FieldID(18 - field.id.raw)
            field.kind = KindID(UInt16(last) - field.kind.raw)
            return field
        }
        turned.personas[0].kind = KindID(UInt16(last) - world.personas[0].kind.raw)
        for index in world.objects.indices {
            turned.objects[index].kind = KindID(UInt16(last) - world.objects[index].kind.raw)
        }
        for index in world.objects[0].values.indices {
            turned.objects[0].values[index].field = FieldID(
                18 - world.objects[0].values[index].field.raw)
        }
        turned.objects[0].values.sort { $0.field < $1.field }
        try #require(turned.faults() == [])
        let change = SchemaChange(
            from: WorldSchema(of: world), to: turned, use: SchemaUse())
        #expect(change.differences == [])
        #expect(change.description == world)
    }

    @Test func aFieldThatComesBackHasItsValuesAgain() throws {
        var file = FileWorld.market
        file.edit("shelf") { $0.removeFirst() }
        let without = change(to: file).schema
        file.edit("shelf") { $0.append(FileWorld.field("colour", .text)) }
        let other = change(to: file, from: without)
        #expect(other.differences.map(\.description) == ["shelf.colour: a new field (text)"])
        file.edit("shelf") { $0.append(FileWorld.field("label", .text, bytes: 20)) }
        let again = change(to: file, from: other.schema)
        #expect(
            again.differences.map(\.description) == [
                "shelf.label: the field is back (text), and 2 stored things have a value in it"
            ])
        #expect(again.description.field(named: "label", inKind: KindID(3))?.id == FieldID(3))
        file.edit("shelf", "label") { $0.maximumBytes = 2 }
        let narrow = change(to: file, from: other.schema)
        #expect(
            narrow.differences.map(\.effect) == [.migrates, .needsAdoption],
            "hidden values count as much as any")
    }

    @Test func valuesThatAreOutsideAlreadyDoNotStopAWiderRange() {
        var file = FileWorld.market
        file.edit("shelf", "stock") { $0.range = 0...10 }
        let narrow = change(to: file)
        #expect(narrow.obstacles(adopting: false).count == 1)
        file.edit("shelf", "stock") { $0.range = 0...20 }
        let wider = change(to: file, from: narrow.schema)
        #expect(wider.differences.map(\.effect) == [.migrates])
    }

    @Test func hiddenFieldsNeverCrowdOutTheOthers() {
        var file = FileWorld.market
        file.edit("shelf") { fields in
            fields = (0..<32).map { FileWorld.field("new\($0)", .boolean) }
        }
        #expect(change(to: file).obstacles(adopting: true) == [], "5 hidden ones and 32 are 37")
        let crowded = change(to: file, use: SchemaUse(everythingUnder: full))
        #expect(crowded.obstacles(adopting: true) == [])
        let tooMany = change(to: file, use: SchemaUse(everythingUnder: full), from: full)
        #expect(
            tooMany.obstacles(adopting: true).map(\.change) == [.fieldsCrowded(count: 39)])
    }

    /// The market with one more field of the shelf than can be hidden.
    private var full: WorldSchema {
        var file = FileWorld.market
        file.edit("shelf") { $0.append(FileWorld.field("seventh", .text)) }
        return WorldSchema(of: file.description)
    }
}
