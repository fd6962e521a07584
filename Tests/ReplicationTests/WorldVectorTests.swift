import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import Testing
import VectorKit

/// State on the wire, as `protocol/vectors` has it.
@Suite struct WorldVectorTests {
    @Test func blocksMatchTheirVectors() throws {
        var street = Street()
        try check(try street.run(), againstVectors: "world-blocks")
    }

    @Test func latticesMatchTheirVectors() throws {
        try check(try latticeVectors(), againstVectors: "world-lattice")
    }
}

/// One page over 25 ticks: a keyframe, changes against it, a change that is a keyframe, and a change
/// against that; then what its members hold, and the end of it.
private struct Street: ~Copyable {
    private static let replica = ReplicaID(node: 1, boot: 1)
    private static let page = PageID(0)
    private static let slopes = Orientation(x: 0, y: 0, z: 0.6, w: 0.8) ?? .identity

    private var world = WorldState(cellMetres: 16, tick: Tick(100))
    private var store = BlockStore(tickHertz: 20)
    private var fields = ["cellMetres": "16", "tickHertz": "20"]

    mutating func run() throws -> [String: String] {
        populate()
        store.beginTick(world: world)
        fields["page at 100"] = page()
        begin(103)
        fields["keyframe of 100 at 103"] = hexOf(store.keyframeBlock(Self.page, world: world))
        try change(at: 107, since: 100) { street in
            street.move(5) {
                // Where dead reckoning has it: 7 ticks of its velocity, cut off towards zero.
                $0.position.x += 716
                $0.position.y -= 358
            }
            street.move(6) {
                $0.position.x -= 3
                $0.velocity = Velocity(x: -300, y: 40, z: 0)
                $0.orientation = Orientation(x: 0, y: 0, z: 0.28, w: 0.96) ?? .identity
            }
            street.move(300) { $0.position.x = 5 }
            street.move(8) { $0.position.y = 400_000 }
            street.world.apply(street.deletion(of: 7))
            street.add(400, at: Position(x: -1, y: 2, z: 3))
        }
        try change(at: 120, since: 100) { street in
            street.move(5) { $0.velocity = .zero }
            street.move(400) { $0.animation = 1 }
        }
        try change(at: 123, since: 120) { street in
            street.move(6) { $0.position.z += 1_000 }
        }
        edit()
        begin(124)
        let properties = store.propertyBlock(Self.page, after: 0, world: world)
        fields["properties at 124"] = hexOf(try #require(properties).range)
        fields["fields at 124"] = held()
        try end()
        return fields
    }

    private mutating func populate() {
        add(5, at: Position(x: -8_000, y: 1_000, z: 0))
        move(5) { $0.velocity = Velocity(x: 512, y: -256, z: 0) }
        add(6, at: Position(x: -7_000, y: 2_000, z: 10))
        move(6) {
            $0.orientation = Self.slopes
            $0.animation = 3
        }
        add(300, kind: 2, at: Position(x: -100, y: 16_383, z: 16_000))
        move(300) { $0.velocity.z = -300 }
        world.apply(
            newborn(
                EntityID(raw: 0x0200_0007_0000_0001), kind: 2,
                at: Motion(position: Position(x: -16_384, y: 0, z: 0))))
        add(7, at: Position(x: -1, y: 1, z: 1))
        add(8, kind: 1, at: Position(x: -2, y: 1, z: 1))
    }

    /// Lets the world change in a tick and takes the page's change since a keyframe.
    private mutating func change(
        at tick: UInt32, since keyframe: UInt32, _ events: (inout Street) -> Void
    ) throws {
        world.beginTick(Tick(tick))
        let before = members()
        events(&self)
        store.beginTick(world: world)
        let block = store.changeBlock(Self.page, since: Tick(keyframe), world: world)
        let change = try #require(block)
        fields["change of \(keyframe) at \(tick)"] = hexOf(change.range)
        fields["change at \(tick) is a keyframe"] = String(change.isKeyframe)
        fields["digest at \(tick)"] = hexOf(store.digestBlock(Self.page, world: world))
        fields["page at \(tick)"] = page()
        if tick == 107 { fields["departures at 107"] = departures(from: before) }
    }

    private mutating func edit() {
        var author = Author(replica: Self.replica, clock: HybridClock(replica: Self.replica))
        func id(_ number: UInt32) -> EntityID {
            EntityID(replica: Self.replica, number: number)
        }
        world.apply(author.set(id(6), FieldID(1), .text("Ada"), wallMilliseconds: 2_000))
        world.apply(author.add(id(5), FieldID(2), 7, in: world.lattice))
        world.apply(author.add(id(5), FieldID(2), -2, in: world.lattice))
        for element in [Scalar.integer(3), .text("b"), .integer(-1)] {
            world.apply(author.insert(id(5), FieldID(3), element, in: world.lattice))
        }
        world.apply(author.remove(id(5), FieldID(3), .integer(3), in: world.lattice))
        for key in ["k", "j", "k"] {
            world.apply(
                author.put(
                    id(5), FieldID(400), key: key, .text("of \(key)"), in: world.lattice,
                    wallMilliseconds: 2_001))
        }
        let foreigner = EntityID(raw: 0x0200_0007_0000_0001)
        world.apply(author.set(foreigner, FieldID(1), .entity(id(5)), wallMilliseconds: 2_002))
    }

    /// A client comes near and goes again, and is told to forget the pages.
    private mutating func end() throws {
        var subscription = Subscription(interestMetres: 32)
        var plan = TickPlan()
        subscription.beginTick(centre: .origin, store: store, world: world, plan: &plan)
        var number: UInt64 = 0
        var hasMore = true
        while hasMore {
            number += 1
            hasMore = subscription.planPacket(
                room: 1_100, store: &store, world: world, plan: &plan)
            subscription.packetSent(number: number)
            subscription.acknowledged(number: number)
        }
        subscription.beginTick(
            centre: Position(x: 1 << 28, y: 0, z: 0), store: store, world: world, plan: &plan)
        _ = subscription.planPacket(room: 1_100, store: &store, world: world, plan: &plan)
        let leave = plan.blocks.isEmpty ? nil : plan.blocks[0]
        #expect(leave?.frameType == .cellLeave)
        fields["leave"] = hexOf(try #require(leave).range)
        let frame = TickFrame(
            tick: Tick(124), serverMilliseconds: 6_200, steeringSequence: 77,
            ownMotion: Motion(position: Position(x: 1, y: 2, z: 3)))
        fields["tick frame 124, 6200 ms, steering 77, own motion"] = try hex {
            (writer) throws(CodecError) in try frame.encode(into: &writer)
        }
        fields["tick frame 124, 6200 ms, steering 77, intent 9"] = try hex {
            (writer) throws(CodecError) in
            try TickFrame(
                tick: Tick(124), serverMilliseconds: 6_200, steeringSequence: 77,
                performedIntent: 9
            ).encode(into: &writer)
        }
        fields["tick frame 124, 6200 ms"] = try hex { (writer) throws(CodecError) in
            try TickFrame(tick: Tick(124), serverMilliseconds: 6_200).encode(into: &writer)
        }
    }
}

extension Street {
    private mutating func add(_ number: UInt32, kind: UInt16 = 1, at position: Position) {
        let id = EntityID(replica: Self.replica, number: number)
        world.apply(newborn(id, kind: kind, at: Motion(position: position)))
    }

    private mutating func move(_ number: UInt32, _ change: (inout Motion) -> Void) {
        let id = EntityID(replica: Self.replica, number: number)
        guard let row = world.table.row(of: id) else { preconditionFailure("\(number) is gone") }
        var motion = world.table.motions[row]
        change(&motion)
        world.move(row: row, to: motion)
    }

    private func deletion(of number: UInt32) -> Lattice {
        Author(replica: Self.replica, clock: HybridClock(replica: Self.replica))
            .delete(EntityID(replica: Self.replica, number: number), in: world.lattice)
    }

    private mutating func begin(_ tick: UInt32) {
        world.beginTick(Tick(tick))
        store.beginTick(world: world)
    }

    private func hexOf(_ range: Range<Int>) -> String { hex(store.bytes(range).array) }

    private func rows() -> [(slot: Int, row: Int)] {
        (0..<Page.capacity)
            .filter { world.hash.pages[Self.page.index].occupied >> UInt32($0) & 1 == 1 }
            .map { ($0, world.hash.row(in: Self.page, slot: $0)) }
    }

    private func members() -> [EntityID] { rows().map { world.table.ids[$0.row] } }

    /// The page's members in words, a line each.
    private func page() -> String {
        rows().map { slot, row in
            let motion = world.table.motions[row]
            let (p, v) = (motion.position, motion.velocity)
            return "\(slot): \(world.table.ids[row].words) kind \(world.table.kinds[row].raw) "
                + "at \(p.x) \(p.y) \(p.z) velocity \(v.x) \(v.y) \(v.z) "
                + "orientation \(motion.orientation.bits) animation \(motion.animation)"
        }.joined(separator: "\n")
    }

    private func departures(from before: [EntityID]) -> String {
        let now = members()
        return before.filter { !now.contains($0) }.map { id in
            guard let row = world.table.row(of: id) else { return "\(id.words) deleted" }
            let cell = world.hash.pages[world.table.pages[row].index].cell
            return "\(id.words) to \(cell.x) \(cell.y) \(cell.z)"
        }.joined(separator: "\n")
    }

    private func held() -> String {
        rows().flatMap { _, row in
            let id = world.table.ids[row]
            return (world.lattice[id]?.fields ?? []).filter { $0.id != .placement }
                .map { "\(id.words) field \($0.id.raw) \($0.state.words)" }
        }.sorted().joined(separator: "\n")
    }
}

/// Two replicas that edit the same state without knowing of each other.
private func latticeVectors() throws -> [String: String] {
    let (one, two) = (ReplicaID(node: 1, boot: 1), ReplicaID(node: 2, boot: 1))
    var first = Author(replica: one, clock: HybridClock(replica: one))
    var second = Author(replica: two, clock: HybridClock(replica: two))
    var base = Lattice()
    let (lamp, creation) = first.create(kind: KindID(4), owner: 7, wallMilliseconds: 1_000)
    base.join(creation)
    let (bench, other) = first.create(kind: KindID(5), owner: 0, wallMilliseconds: 1_001)
    base.join(other)
    base.join(first.set(lamp, FieldID(1), .text("lamp"), wallMilliseconds: 1_002))
    base.join(first.add(lamp, FieldID(2), 5, in: base))
    base.join(first.insert(lamp, FieldID(3), .integer(1), in: base))
    base.join(first.insert(lamp, FieldID(3), .integer(2), in: base))
    base.join(
        first.put(lamp, FieldID(9), key: "k", .real(0.5), in: base, wallMilliseconds: 1_003))

    var mine = base
    mine.join(first.set(lamp, FieldID(1), .text("Ann"), wallMilliseconds: 2_000))
    mine.join(first.add(lamp, FieldID(2), 3, in: mine))
    mine.join(first.remove(lamp, FieldID(3), .integer(1), in: mine))
    mine.join(first.remove(lamp, FieldID(3), .integer(2), in: mine))
    mine.join(
        first.put(lamp, FieldID(9), key: "k", .text("a"), in: mine, wallMilliseconds: 2_001))
    mine.join(first.insert(lamp, FieldID(12), .boolean(true), in: mine))
    mine.join(first.delete(bench, in: mine))

    var theirs = base
    theirs.join(second.set(lamp, FieldID(1), .text("Bob"), wallMilliseconds: 2_000))
    theirs.join(second.add(lamp, FieldID(2), -2, in: theirs))
    theirs.join(second.insert(lamp, FieldID(3), .integer(1), in: theirs))
    theirs.join(
        second.put(lamp, FieldID(9), key: "k", .text("b"), in: theirs, wallMilliseconds: 2_000))
    theirs.join(second.add(lamp, FieldID(12), 1, in: theirs))
    theirs.join(second.set(bench, FieldID(1), .text("bench"), wallMilliseconds: 2_002))
    let (tree, planting) = second.create(kind: KindID(4), owner: 9, wallMilliseconds: 2_003)
    theirs.join(planting)
    let unborn = EntityID(replica: ReplicaID(node: 3, boot: 1), number: 9)
    theirs.join(second.set(unborn, FieldID(1), .text("?"), wallMilliseconds: 2_004))

    var joined = mine
    joined.join(theirs)
    var context = CausalContext()
    for counter: UInt32 in [1, 2, 3, 5, 9, 10] {
        context.insert(Dot(replica: one, counter: counter))
    }
    context.insert(Dot(replica: ReplicaID(raw: .max), counter: .max))
    return [
        "base": hex(base.encoded()), "first": hex(mine.encoded()),
        "second": hex(theirs.encoded()), "joined": hex(joined.encoded()),
        "digest of joined": String(joined.digest.value),
        "joined in words": [lamp, bench, tree, unborn].map { words(of: $0, in: joined) }
            .joined(separator: "\n"),
        "context": try hex { (writer) throws(CodecError) in try context.encode(into: &writer) },
    ]
}

func words(of id: EntityID, in lattice: Lattice) -> String {
    guard let state = lattice[id] else { return "\(id.words) deleted" }
    let life = state.life.map {
        "kind \($0.kind.raw) owner \($0.owner) created \($0.created.raw)"
    }
    let fields = state.fields.map { "field \($0.id.raw) \($0.state.words)" }
    return "\(id.words) " + ([life ?? "embryo"] + fields).joined(separator: "; ")
}

extension EntityID {
    var words: String { "\(replica.raw).\(number)" }
}

extension FieldState {
    /// What the field reads as.
    var words: String {
        switch self {
        case .latest(let register): "latest \(register.value.words)"
        case .counter(let counter): "counter \(counter.value)"
        case .set(let set): "set " + set.elements.map(\.words).joined(separator: ", ")
        case .map(let map):
            "map " + map.keys.map { "\($0) = \(map[$0]?.words ?? "")" }.joined(separator: ", ")
        case .maximum(let register): "maximum \(register.value)"
        case .minimum(let register): "minimum \(register.value)"
        case .multiValue(let register):
            "multi-value " + register.values.map(\.words).joined(separator: ", ")
        case .bounded(let counter): "bounded \(counter.aboveBound) above"
        case .attachment(let attachment): "attached \(attachment.written?.words ?? "to nothing")"
        }
    }
}

extension Scalar {
    fileprivate var words: String {
        switch self {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let text): "'\(text)'"
        case .entity(let id): id.words
        case .bytes(let bytes): hex(bytes)
        }
    }
}
