import CairnWorld
import CairnWorldFile
import Testing

/// One line of the world, what stands there instead, and what is said about it.
struct Slip: Sendable, CustomTestStringConvertible {
    var line: String
    var instead: String
    var said: String
    var testDescription: String { said }

    init(_ line: String, _ instead: String, _ said: String) {
        (self.line, self.instead, self.said) = (line, instead, said)
    }
}

@Suite struct ErrorsNameThePlaceAndTheRemedyTests {
    @Test func theUnchangedWorldIsRead() throws {
        let world = try readWorld(yaml: smallWorld, fileName: "small.yaml")
        #expect(world.kinds.map(\.name) == ["avatar", "walker", "shelf"])
        #expect(world.fields.map(\.id.raw) == [2, 3, 4, 5])
        #expect(world.interestMetres == 48)
        #expect(world.objects[0].values.count == 5)
        #expect(world.faults() == [])
    }

    @Test(arguments: [
        // Words
        Slip(
            "tickHertz: 20", "tickHerz: 20",
            "2:1: unknown key 'tickHerz' in the world; did you mean 'tickHertz'?"),
        Slip(
            "  post: { position", "  post: { postion",
            "20:11: unknown key 'postion' in anchor 'post'; did you mean 'position'?"),
        Slip(
            "role: npc", "role: robot",
            "9:19: the role of kind 'walker' is 'robot'; choose one of avatar, device, npc, object"),
        Slip(
            "role: noGo", "role: nogo",
            "18:16: the role of zone 'pit' is 'nogo'; did you mean 'noGo'?"),
        Slip(
            "  - kind: shelf", "  - kind: shefl",
            "24:11: unknown kind 'shefl'; did you mean 'shelf'?"),
        Slip(
            "kind: walker", "kind: shelf",
            "22:16: 'shelf' is no kind of character; name one with role npc"),
        Slip(
            "stock: 3,", "stok: 3,",
            "26:15: a 'shelf' has no field 'stok'; did you mean 'stock'?"),
        // What is missing or doubled
        Slip("name: Small", "interestMetres: 48", "1:1: the world has no 'name'; add one"),
        Slip(
            "  avatar: { role: avatar,", "  avatar: { role: device,",
            "8:3: no kind has role avatar; every world needs one"),
        Slip(
            "  walker: {", "  avatar: {",
            "8:3: 'avatar' stands here and again below; keep one of the two"),
        Slip(
            "walker: { role: npc }", "walker: { role: npc, fields: { name: text } }",
            "9:34: 'walker' has a field 'name' already; choose another name"),
        Slip("tags: [a, b]", "tags: [a, a]", "26:43: 'tags' has this twice; give it once"),
        // Ranges
        Slip("tickHertz: 20", "tickHertz: 400", "2:12: 400 steps a second; give 5 to 128"),
        Slip(
            "tickHertz: 20", "tickHertz: often",
            "2:12: 'tickHertz' is 'often'; give a whole number"),
        Slip(
            "cellMetres: 16", "cellMetres: 20",
            "3:13: cells of 20 m; give a power of two from 2 to 256"),
        Slip(
            "maxSpeed: 5", "maxSpeed: 500",
            "8:37: a highest speed of 500.0 m/s; give 0.0 to 127.0"),
        Slip("maxSpeed: 5", "maxSpeed: nan", "8:37: 'maxSpeed' is 'nan'; give a number"),
        Slip(
            "stock: 3,", "stock: 30,",
            "26:22: 30 is out of range for 'stock', which goes from 0 to 9"),
        Slip("stock: 3,", "stock: some,", "26:22: 'stock' is 'some'; give a whole number"),
        Slip(
            "range: [0, 9]", "range: [9, 0]",
            "13:55: 'range' ends before it begins; give [lowest, highest]"),
        Slip(
            "range: [0, 9]", "range: [1, 9]",
            "13:55: a counter starts at 0, which its range must hold; widen it"),
        Slip("tags: [a, b]", "tags: [a, b, c]", "26:43: 'tags' has 3 elements; give at most 2"),
        Slip(
            "{ k: v }", "{ k: too long }",
            "26:58: 'notes' takes at most 5 bytes of UTF-8, and these are 8"),
        // Places
        Slip("[0, 0, 0]", "[0, 0]", "6:5: a spawn is no place; give [x, y, z] in metres"),
        Slip(
            "[0, 0, 0]", "[18, 12, 0]",
            "6:5: the spawn lies in 'pit', where nobody may be; move it out"),
        Slip(
            "    position: [5, 5, 0]", "    position: [5, 51, 0]",
            "25:15: the position lies outside the bounds of the world; move it in or widen the "
                + "bounds"),
        Slip(
            "[20, 10], [20, 20]", "[20, 10]",
            "18:31: the number of corners is 2; give 3 to 128"),
        Slip(
            "  pit: { role: noGo, polygon: [[10, 10], [20, 10], [20, 20]] }",
            "  pit: { role: noGo }",
            "18:8: zone 'pit' needs either a 'polygon' or a 'circle'"),
        // YAML itself
        Slip(
            "  - [0, 0, 0]", "  - &spot [0, 0, 0]",
            "6:5: '&' before a word makes a YAML anchor, which world files do not have; write the "
                + "value out, or in a text put a space after the '&'"),
        Slip(
            "name: Small", "name: \"Small",
            "26:68: this is no YAML while scanning a quoted scalar (line 1): found unexpected end "
                + "of stream; check indentation, colons and quotes"),
        Slip(
            "  post: {", "  post {",
            "20:29: this is no YAML while parsing a block mapping (line 20): did not find "
                + "expected key; check indentation, colons and quotes"),
        Slip(
            smallWorld, "- Small",
            "1:1: the world is no table; give 'key: value' lines: name, tickHertz, cellMetres, "
                + "interestMetres, reachMetres, bounds, origin, spawns, kinds, zones, anchors, personas, objects"
        ),
    ])
    func aSlip(_ slip: Slip) {
        let yaml = smallWorld.replacing(slip.line, with: slip.instead, maxReplacements: 1)
        #expect(yaml != smallWorld, "the slip changes nothing")
        let error = #expect(throws: WorldFileError.self) {
            try readWorld(yaml: yaml, fileName: "small.yaml")
        }
        #expect(error?.description == "small.yaml:\(slip.said)")
    }
}
