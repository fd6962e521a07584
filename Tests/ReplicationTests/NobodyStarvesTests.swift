import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct NobodyStarvesTests {
    @Test func whenThereIsRoomForAFewPagesAllAreToldAndTheNearOnesMoreOften() {
        var town = Town(seed: 3)
        town.reach = 90
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<600 { town.createSomewhere() }
        var session = Session(interestMetres: 90)
        session.packetsPerTick = 1
        for _ in 0..<600 {
            town.beginTick()
            // Everybody turns on the spot: every page has news in every tick, none ends.
            for row in town.world.table.rows {
                var motion = town.world.table.motions[row]
                motion.orientation = Orientation(yaw: town.random.unit() * 6)
                motion.animation &+= 1
                town.world.move(row: row, to: motion)
            }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        let pages = session.subscription.followedPages
        #expect(pages.count > 60)
        let grid = town.world.hash.grid
        let home = grid.cell(of: session.centre)
        var near: [Int] = []
        var far: [Int] = []
        for page in pages {
            let told = session.blocksByPage[page, default: 0]
            #expect(told >= 5, "page \(page.raw) starves")
            let gap = grid.squaredGap(home, town.world.hash.pages[page.index].cell)
            if gap == 0 {
                near.append(told)
            } else if gap > UInt64(16 * grid.edge * grid.edge) {
                far.append(told)
            }
        }
        #expect(!near.isEmpty && !far.isEmpty)
        #expect(near.reduce(0, +) / near.count > 3 * (far.reduce(0, +) / far.count))
        #expect(session.complaints == [])
    }

    /// A budget may be overdrawn by packets' own bytes when pages are to be forgotten.
    @Test(arguments: [40, 200, 1_200])
    func pagesAreForgottenThoughTheBudgetIsSpent(bytesPerTick: Int) {
        var town = Town(seed: 7)
        town.reach = 90
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<600 { town.createSomewhere() }
        var session = Session(interestMetres: 40, bytesPerTick: bytesPerTick)
        for turn in 0..<400 {
            town.beginTick()
            town.walk()
            let metres: Int32 = turn / 20 % 2 == 0 ? -50 : 50
            session.centre = Position(x: metres * Position.unitsPerMetre, y: 0, z: 0)
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        #expect(session.complaints == [])
        #expect(session.packetsSent < 400 * 4)
    }

    @Test func propertiesArriveThoughMotionFillsEveryPacket() {
        var town = Town(seed: 4)
        town.reach = 7
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<60 {
            let id = town.createSomewhere()
            for note in 0..<8 { town.pin(id, key: "k\(note)", String(repeating: "n", count: 90)) }
        }
        var session = Session(interestMetres: 16)
        session.packetsPerTick = 1
        for _ in 0..<400 {
            town.beginTick()
            for row in town.world.table.rows {
                var motion = town.world.table.motions[row]
                // Twenty bytes or so of news about everybody, within one cell.
                motion.position = Position(
                    x: Int32(town.random.below(16_000)), y: Int32(town.random.below(16_000)), z: 0)
                motion.velocity = Velocity(
                    x: Int16(town.random.below(9_000)), y: Int16(town.random.below(9_000)), z: 0)
                motion.orientation = Orientation(yaw: town.random.unit() * 6)
                motion.animation &+= 1
                town.world.move(row: row, to: motion)
            }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        let missing = session.differences(from: town.world).filter { $0.contains("field") }
        #expect(missing == [])
    }

    /// The longest that a page waits is stated by the rules, and held with a tenth of the budget that
    /// everything would take, and 5 % loss.
    @Test(arguments: 1...3 as ClosedRange<UInt64>, [300, 1_200])
    func everyPageInSightIsToldWithinTheStatedTime(seed: UInt64, bytesPerTick: Int) {
        var square = Square(people: 2_000, metres: 120, seed: seed)
        var store = BlockStore(tickHertz: 20)
        var session = Session(
            interestMetres: 60, cellMetres: 8, bytesPerTick: bytesPerTick,
            faults: Faults(loss: Ratio(1, in: 20), delay: 1), seed: seed)
        session.packetsPerTick = 4
        var followedSince: [PageID: Tick] = [:]
        var longest: Int32 = 0
        for _ in 0..<1_400 {
            square.step()
            store.beginTick(world: square.world)
            session.run(&store, square.world)
            let tick = square.world.tick
            for page in session.subscription.followedPages {
                let since = followedSince[page] ?? tick
                followedSince[page] = since
                let told =
                    session.toldAt[page].map { $0.isNewer(than: since) ? $0 : since } ?? since
                longest = max(longest, tick.steps(since: told))
            }
        }
        let pages = session.subscription.followedPages
        #expect(pages.count > 150)
        let members = pages.reduce(0) { $0 + square.world.hash.pages[$1.index].count }
        let bound = session.subscription.rules.refreshTicks(
            pages: pages.count, members: members, bytesPerTick: bytesPerTick)
        #expect(bound < 1_300, "the run is long enough to tell")
        #expect(Int(longest) <= bound, "a page waited for \(longest) ticks")
        #expect(session.bytesSent / 1_400 <= bytesPerTick + bytesPerTick / 4 + 100)
        #expect(session.complaints == [])
    }
}
