import CairnBasics
import CairnWorld
import CairnWorldFile
import Testing

@Suite struct EditedFilesKeepTheirNumbersTests {
    private let stored: WorldSchema

    init() throws {
        stored = WorldSchema(of: try readWorld(yaml: smallWorld, fileName: "small.yaml"))
    }

    /// What a data directory of the small world makes of an edited file.
    private func change(_ edits: [(String, String)]) throws -> SchemaChange {
        var yaml = smallWorld
        for (line, instead) in edits {
            let edited = yaml.replacing(line, with: instead, maxReplacements: 1)
            try #require(edited != yaml, "the edit changes nothing")
            yaml = edited
        }
        return SchemaChange(
            from: stored, to: try readWorld(yaml: yaml, fileName: "small.yaml"),
            use: SchemaUse(everythingUnder: stored))
    }

    @Test func additionsAnywhereLeaveTheRestWhereItWas() throws {
        let before = try readWorld(yaml: smallWorld, fileName: "small.yaml")
        let change = try change([
            ("  avatar: {", "  cart: { role: object, fields: { load: real } }\n  avatar: {"),
            ("      open: boolean", "      price: real\n      open: boolean"),
            ("range: [0, 9]", "range: [0, 99]"),
            ("stock: 3,", "price: 2.5, stock: 3,"),
        ])
        #expect(
            change.differences.map(\.description) == [
                "cart: a new kind (object)", "shelf.stock: its range was 0 to 9 and is 0 to 99",
                "shelf.price: a new field (real)",
            ])
        #expect(change.obstacles(adopting: false) == [])
        let world = change.description
        #expect(world.faults() == [])
        #expect(world.kinds.map(\.name) == ["avatar", "walker", "shelf", "cart"])
        #expect(world.personas == before.personas)
        let values = world.objects[0].values
        #expect(Array(values.prefix(5)) == before.objects[0].values)
        #expect(values.last?.field == world.field(named: "price", inKind: KindID(3))?.id)
    }

    @Test func aDamagedLineIsSaidInTheWordsOfTheFile() throws {
        let change = try change([
            ("      open: boolean", "      open: text"),
            ("range: [0, 9]", "range: [0, 5]"),
            ("open: true,", "open: wide,"),
        ])
        #expect(
            change.obstacles(adopting: false).map(\.description) == [
                "shelf.stock: its range was 0 to 9 and is 0 to 5, and stored values go from 0 to "
                    + "9; widen the range to hold that, or serve with --adopt-schema to keep the "
                    + "values until they are next changed",
                "shelf.open: it was boolean and is text, and stored things may have a value in "
                    + "it; restore its type and policy, and add a field for the new ones, or "
                    + "serve with --adopt-schema to hide the values until its type and policy "
                    + "are back",
            ])
    }
}
