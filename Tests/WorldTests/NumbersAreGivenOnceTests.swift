import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

/// A random edit, such as authors make.
private func edit(_ file: inout FileWorld, _ random: inout SeededRandom) {
    func pick(_ count: Int) -> Int { Int(random.below(UInt32(count))) }
    let kind = pick(file.kinds.count)
    let roles = KindRole.allCases
    let forms: [(ScalarType, FieldPolicy)] = [
        (.text, .latest), (.integer, .latest), (.integer, .counter), (.text, .set), (.real, .map),
        (.integer, .maximum), (.text, .multiValue), (.integer, .bounded), (.entity, .attachment),
    ]
    let form = forms[pick(forms.count)]
    switch random.below(7) {
    case 0 where file.kinds.count < 12:
        let name = "k\(random.below(20))"
        guard !file.kinds.contains(where: { $0.name == name }) else { return }
        let new = FileWorld.Kind(name: name, role: roles[pick(roles.count)])
        file.kinds.insert(new, at: pick(file.kinds.count + 1))
    case 1 where kind > 1: file.kinds.remove(at: kind)
    case 2 where kind > 1: file.kinds[kind].role = roles[pick(roles.count)]
    case 3 where !file.kinds[kind].fields.isEmpty:
        file.kinds[kind].fields.remove(at: pick(file.kinds[kind].fields.count))
    case 4 where !file.kinds[kind].fields.isEmpty:
        let field = pick(file.kinds[kind].fields.count)
        (file.kinds[kind].fields[field].type, file.kinds[kind].fields[field].policy) = form
        file.kinds[kind].fields[field].range =
            form.1 == .bounded ? Int64(random.below(3))...9 : nil
    case 5: file.kinds.swapAt(kind, pick(file.kinds.count))
    default:
        let name = "f\(random.below(12))"
        guard !file.kinds[kind].fields.contains(where: { $0.name == name }) else { return }
        file.kinds[kind].fields.insert(
            FileWorld.field(name, form.0, form.1),
            at: pick(file.kinds[kind].fields.count + 1))
    }
}

@Suite struct NumbersAreGivenOnceTests {
    /// Through a long life of edits no number ever comes to mean something else, and what means the
    /// same has always the same number.
    @Test(arguments: 0..<20)
    func throughALifeOfEdits(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var file = FileWorld(kinds: [
            FileWorld.Kind(name: "player", role: .avatar),
            FileWorld.Kind(name: "walker", role: .npc),
        ])
        var schema = SchemaChange(to: file.description).schema
        var kinds: [KindID: String] = [:]
        var fields: [FieldID: String] = [:]
        for _ in 0..<120 {
            let before = file
            for _ in 0...random.below(3) { edit(&file, &random) }
            guard file.description.faults().isEmpty else {
                file = before
                continue
            }
            let change = SchemaChange(from: schema, to: file.description, use: SchemaUse())
            let world = change.description
            #expect(change.obstacles(adopting: false) == [])
            #expect(world.faults() == [])
            #expect(namesOf(world) == namesOf(file.description))
            for kind in world.kinds {
                let meaning = "\(kind.name) \(kind.role)"
                #expect(kinds.updateValue(meaning, forKey: kind.id) ?? meaning == meaning)
            }
            for field in world.fields {
                let least = field.policy == .bounded ? field.range?.lowerBound : nil
                let meaning =
                    "\(field.kind.raw) \(field.name) \(field.type) \(field.policy) \(least ?? 0)"
                #expect(fields.updateValue(meaning, forKey: field.id) ?? meaning == meaning)
            }
            schema = change.schema
            #expect(try WorldSchema(encoded: schema.encoded()) == schema)
            let again = SchemaChange(from: schema, to: file.description, use: SchemaUse())
            #expect(again.differences == [])
            #expect(again.description == world)
        }
        #expect(Set(kinds.values).count == kinds.count, "one meaning had two numbers")
        #expect(Set(fields.values).count == fields.count, "one meaning had two numbers")
        #expect(fields.count > 20, "nothing happened")
    }

    private func namesOf(_ world: WorldDescription) -> Set<String> {
        var names: Set<String> = []
        for kind in world.kinds {
            names.insert("\(kind.name) \(kind.role)")
            for id in kind.fieldIDs {
                guard let field = world.field(id, of: kind.id) else { continue }
                names.insert("\(kind.name).\(field.name) \(field.type) \(field.policy)")
            }
        }
        return names
    }

    @Test func whenNoNumberIsLeftThatIsSaid() throws {
        var world = FileWorld.market.description
        let (kind, field) = (world.kinds.count - 1, world.fields.count - 1)
        world.kinds[kind].id = KindID(.max)
        world.kinds[kind].fieldIDs = [.lastAuthored]
        world.fields[field].kind = KindID(.max)
        world.fields[field].id = .lastAuthored
        try #require(world.faults() == [])
        var file = FileWorld.market
        for addition in FileEdit.additions { addition.apply(&file) }
        let change = SchemaChange(
            from: WorldSchema(of: world), to: file.description, use: SchemaUse())
        let places = change.obstacles(adopting: true).map(\.description)
        #expect(places.count == 3)
        #expect(places.allSatisfy { $0.contains("there is no number left for it; leave it out") })
    }
}

@Suite struct SchemasComeBackTests {
    private var schema: WorldSchema {
        var file = FileWorld.market
        file.kinds.removeLast()
        file.edit("shelf", "label") { $0.type = .entity }
        return SchemaChange(
            from: WorldSchema(of: FileWorld.market.description), to: file.description,
            use: SchemaUse()
        ).schema
    }

    @Test func aSchemaComesBackWithWhatIsRetired() throws {
        #expect(schema.kinds.filter(\.isRetired).map(\.name) == ["lamp"])
        #expect(schema.fields.filter(\.isRetired).map(\.rules.name) == ["label", "lit"])
        let encoded = schema.encoded()
        #expect(try WorldSchema(encoded: encoded) == schema)
        for length in 0..<encoded.count {
            #expect(throws: CodecError.self) {
                try WorldSchema(encoded: Array(encoded.prefix(length)))
            }
        }
        #expect(throws: CodecError.self) { try WorldSchema(encoded: encoded + [0]) }
    }

    @Test(arguments: 0..<10)
    func whateverDecodesIsCanonicalAndCanGoOn(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let encoded = schema.encoded()
        var survivors = 0
        for _ in 0..<300 {
            var damaged = encoded
            for _ in 0...random.below(3) {
                damaged[Int(random.below(UInt32(damaged.count)))] ^= 1 << UInt8(random.below(8))
            }
            guard let read = try? WorldSchema(encoded: damaged) else { continue }
            survivors += 1
            #expect(read.encoded() == damaged)
            let change = SchemaChange(
                from: read, to: FileWorld.market.description,
                use: SchemaUse(of: FileWorld.marketState(), under: read))
            if change.obstacles(adopting: true).isEmpty {
                #expect(change.description.faults() == [])
            }
        }
        #expect(survivors > 20, "damage to a letter of a name is no damage to the form")
    }
}
