import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

private typealias World = SampleWorld

/// A change that makes the sample world wrong, and the part and attribute that are blamed.
struct Damage: Sendable, CustomTestStringConvertible {
    var name: String
    var part: DescriptionFault.Part
    var attribute: String
    var apply: @Sendable (inout WorldDescription) -> Void
    var testDescription: String { name }

    init(
        _ name: String, _ part: DescriptionFault.Part, _ attribute: String,
        _ apply: @escaping @Sendable (inout WorldDescription) -> Void
    ) {
        (self.name, self.part, self.attribute, self.apply) = (name, part, attribute, apply)
    }
}

@Suite struct FaultsAreFoundTests {
    @Test(arguments: [
        Damage("no name", .world, "name") { $0.name = "" },
        Damage("a long name", .world, "name") { $0.name = String(repeating: "n", count: 49) },
        Damage("a name that moves cursors", .world, "name") { $0.name = "\u{1b}[H" },
        Damage("too slow", .world, "tickHertz") { $0.tickHertz = 4 },
        Damage("negative", .world, "tickHertz") { $0.tickHertz = .min },
        Damage("cells of 48", .world, "cellMetres") { $0.cellMetres = 48 },
        Damage("cells of -16", .world, "cellMetres") { $0.cellMetres = -16 },
        Damage("no interest", .world, "interestMetres") { $0.interestMetres = 0 },
        Damage("bounds upside down", .world, "bounds") { $0.bounds.lowest.z = 99_999 },
        Damage("endless bounds", .world, "bounds") { $0.bounds.highest.x = .max },
        Damage("beyond the pole", .world, "origin") { $0.origin?.latitudeDegrees = 91 },
        Damage("nowhere", .world, "origin") { $0.origin?.longitudeDegrees = .nan },
        Damage("nobody can arrive", .world, "spawns") { $0.spawns = [] },
        Damage("arriving outside", .spawn(0), "position") { $0.spawns[0].x = 200_000 },
        Damage("arriving in the pit", .spawn(1), "") { $0.spawns.append(World.metres(15, 15)) },
        Damage("nobody to be", .world, "kinds") { $0.kinds[0].role = .device },
        Damage("two of a name", .kind(1), "name") { $0.kinds[1].name = "avatar" },
        Damage("faster than numbers", .kind(0), "maxSpeed") {
            $0.kinds[0].maxSpeedMetresPerSecond = 128
        },
        Damage("no speed", .kind(0), "maxSpeed") { $0.kinds[0].maxSpeedMetresPerSecond = .nan },
        Damage("a word for a glyph", .kind(0), "glyph") { $0.kinds[0].glyph = "ab" },
        Damage("kinds out of order", .kind(1), "") { $0.kinds[1].id = KindID(1) },
        Damage("a field of nobody's", .field(9), "") { $0.fields[9].kind = KindID(77) },
        Damage("two fields of a name", .field(1), "name") { $0.fields[1].name = "title" },
        Damage("a field called placement", .field(0), "name") { $0.fields[0].name = "placement" },
        Damage("an authored placement", .field(0), "") { $0.fields[0].id = .placement },
        Damage("counting words", .field(5), "type") { $0.fields[5].type = .text },
        Damage("raw bytes", .field(4), "type") { $0.fields[4].type = .bytes },
        Damage("a range of texts", .field(0), "range") { $0.fields[0].range = 0...1 },
        Damage("a counter without a start", .field(5), "range") { $0.fields[5].range = 1...2 },
        Damage("the largest word", .field(10), "type") { $0.fields[10].type = .text },
        Damage("hanging on a number", .field(14), "type") { $0.fields[14].type = .integer },
        Damage("a bound that is none", .field(13), "least") { $0.fields[13].range = nil },
        Damage("a bound too deep", .field(13), "least") { $0.fields[13].range = Int64.min...0 },
        Damage("hanging on nobody", .object(0), "hangsOn") {
            $0.objects[0].values[8].value = .text("Nail")
        },
        Damage("hanging on one of two", .object(0), "hangsOn") {
            $0.objects.append($0.objects[1])
        },
        Damage("hanging on an id", .object(0), "hangsOn") {
            $0.objects[0].values[8].value = .entity(EntityID(raw: 1))
        },
        Damage("hanging on oneself", .object(0), "hangsOn") {
            $0.objects[0].values[8].value = .text("Thing")
        },
        Damage("hanging on each other", .object(1), "hangsOn") {
            $0.objects[1].values = [FieldValue(field: World.hangsOn, value: .text("Thing"))]
        },
        Damage("less fuel than there can be", .object(0), "fuel") {
            $0.objects[0].values[7].value = .integer(-6)
        },
        Damage("no room for text", .field(0), "maximumBytes") { $0.fields[0].maximumBytes = 0 },
        Damage("a huge set", .field(6), "maximumElements") { $0.fields[6].maximumElements = 257 },
        Damage("two zones of a name", .zone(1), "name") { $0.zones[1].name = "pit" },
        Damage("a line for a zone", .zone(0), "polygon") {
            for index in $0.zones[0].polygon.indices { $0.zones[0].polygon[index].y = 3 }
        },
        Damage("two corners", .zone(0), "polygon") { $0.zones[0].polygon.removeLast(2) },
        Damage("repulsion", .zone(1), "weight") { $0.zones[1].weight = -1 },
        Damage("certainty", .anchor(0), "sigma") { $0.anchors[0].sigmaMetres = 0 },
        Damage("an anchor outside", .anchor(0), "position") { $0.anchors[0].position.z = .max },
        Damage("a thing that talks", .persona(0), "kind") { $0.personas[0].kind = World.thing },
        Damage("a speech", .persona(0), "lines") {
            $0.personas[0].lines[0] = String(repeating: "a", count: 161)
        },
        Damage("furniture that walks", .object(0), "kind") { $0.objects[0].kind = World.resident },
        Damage("furniture outside", .object(0), "position") { $0.objects[0].position.y = .min },
        Damage("a title that is too long", .object(0), "title") {
            $0.objects[0].values[0].value = .text("123456789")
        },
        Damage("a title of two kinds", .object(0), "title") {
            $0.objects[0].values.insert(
                FieldValue(field: World.title, value: .text("Two")), at: 0)
        },
        Damage("an element twice", .object(0), "tags") {
            $0.objects[0].values[4].value = .text("a")
        },
        Damage("a map without a key", .object(0), "notes") { $0.objects[0].values[5].key = nil },
        Damage("values out of order", .object(0), "fields") {
            $0.objects[0].values.swapAt(0, 1)
        },
        Damage("a placement of one's own", .object(0), "fields") {
            $0.objects[0].values[0].field = .placement
        },
        Damage("too much for a message", .world, "") {
            let line = String(repeating: "a", count: 160)
            for number in 0..<64 {
                $0.personas.append(
                    PersonaDescription(
                        name: "\(number)", greeting: "", lines: Array(repeating: line, count: 32),
                        role: .guide, kind: World.resident))
            }
            $0.personas.removeFirst()
        },
    ])
    func aFault(_ damage: Damage) {
        var world = World.description
        damage.apply(&world)
        #expect(
            world.faults().contains {
                $0.part == damage.part && $0.attribute == damage.attribute
            }, "\(world.faults())")
    }
}
