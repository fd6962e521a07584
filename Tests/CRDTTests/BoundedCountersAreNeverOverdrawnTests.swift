import CairnBasics
import CairnCRDT
import Testing

extension Site {
    fileprivate var replica: ReplicaID { author.replica }

    fileprivate func counter(_ id: EntityID) -> BoundedCounter? { lattice[id]?[.bounded]?.bounded }

    /// What this site believes that it may spend.
    fileprivate func rights(_ id: EntityID) -> UInt64 {
        counter(id)?.rights(of: replica) ?? 0
    }
}

@Suite struct BoundedCountersAreNeverOverdrawnTests {
    /// Sites that know of one entity.
    private func sites(_ count: UInt8) -> (sites: [Site], id: EntityID) {
        var sites = (1...count).map { Site($0) }
        let id = sites[0].create()
        for site in sites.indices.dropFirst() { sites[site].receive(sites[0].lattice) }
        return (sites, id)
    }

    @Test func aSiteSpendsItsOwnRightsAndNoOthers() {
        var (sites, id) = sites(2)
        sites[0].grant(id, 5)
        sites[1].receive(sites[0].lattice)
        #expect(!sites[1].could { $0.spend(id, 1) }, "there are five, and all are the other's")
        sites[0].spend(id, 5)
        #expect(!sites[0].could { $0.spend(id, 1) })
        #expect(sites[0].counter(id)?.aboveBound == 0)
    }

    @Test func transferredRightsAreSpentWhereTheyArrive() {
        var (sites, id) = sites(3)
        sites[0].grant(id, 5)
        sites[0].transfer(id, 3, to: sites[1].replica)
        #expect(!sites[0].could { $0.spend(id, 3) }, "two are left")
        #expect(!sites[1].could { $0.spend(id, 1) }, "the transfer has not arrived")
        sites[1].receive(sites[0].lattice)
        sites[1].transfer(id, 1, to: sites[2].replica)
        sites[1].spend(id, 2)
        sites[2].receive(sites[1].lattice)
        sites[2].spend(id, 1)
        #expect(sites[2].counter(id)?.aboveBound == 2)
        #expect(sites[2].counter(id)?.value(from: -10) == -8)
    }

    @Test func rightsDoNotGoToOneselfOrBeyondWhatThereIs() {
        var (sites, id) = sites(2)
        sites[0].grant(id, 5)
        #expect(!sites[0].could { $0.transfer(id, 1, to: sites[0].replica) })
        #expect(!sites[0].could { $0.transfer(id, 6, to: sites[1].replica) })
        #expect(sites[0].could { $0.spend(id, 0) })
        #expect(sites[1].could { $0.transfer(id, 0, to: sites[0].author.replica) })
        #expect(sites[0].rights(id) == 5)
    }

    @Test func spendingThatIsHeardOfBeforeItsGrantReadsAsTheBound() {
        var (sites, id) = sites(3)
        sites[0].grant(id, 4)
        sites[0].transfer(id, 4, to: sites[1].replica)
        sites[1].receive(sites[0].lattice)
        sites[1].spend(id, 4)
        sites[2].receive(sites[1].journal[0])
        #expect(sites[2].counter(id)?.aboveBound == 0)
        #expect(sites[2].counter(id)?.value(from: 7) == 7)
    }

    @Test func fullTalliesRefuseInsteadOfTrapping() {
        var (sites, id) = sites(2)
        for _ in 0..<3 { sites[0].grant(id, .max) }
        #expect(sites[0].rights(id) == .max)
        #expect(sites[0].counter(id)?.value(from: .max) == .max)
        sites[0].transfer(id, .max, to: sites[1].replica)
        #expect(!sites[0].could { $0.spend(id, 1) })
        sites[1].receive(sites[0].lattice)
        sites[1].grant(id, 1)
        #expect(sites[1].rights(id) == .max, "clamped")
        sites[1].spend(id, .max)
        #expect(!sites[1].could { $0.spend(id, 1) }, "what it has spent is a full tally")
        #expect(sites[1].counter(id)?.aboveBound == 1)
    }

    @Test func aRestartedNodeInheritsWhatItsEarlierBootsHad() {
        var (sites, id) = sites(2)
        sites[0].grant(id, 5)
        sites[0].spend(id, 2)
        sites[1].grant(id, 7)
        sites[1].transfer(id, 1, to: sites[0].replica)
        sites[0].receive(sites[1].lattice)
        var second = Site(1, boot: 2)
        second.receive(sites[0].lattice)
        #expect(!second.could { $0.spend(id, 1) })
        second.inherit(id)
        #expect(second.rights(id) == 4, "three of its own and one from the other node")
        second.inherit(id)
        #expect(second.rights(id) == 4, "nothing is inherited twice")
        var third = Site(1, boot: 3)
        third.receive(second.lattice)
        third.inherit(id)
        third.spend(id, 4)
        #expect(third.counter(id)?.aboveBound == 6)
        #expect(third.counter(id)?.rights(of: sites[1].replica) == 6)
    }

    /// Three nodes that restart again and again, and inherit when they lack rights or never.
    @Test(arguments: UInt64(0)..<40)
    func restartsNeitherLoseRightsNorDoubleThem(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (sites, id) = sites(3)
        var boots: [UInt32] = [1, 1, 1]
        var (granted, spent, inherited): (UInt64, UInt64, Int) = (0, 0, 0)
        for _ in 0..<400 {
            let site = random.draw(3)
            let amount = UInt64(random.draw(8))
            switch random.draw(8) {
            case 0:
                sites[site].grant(id, amount)
                granted += amount
            case 1...3:
                let free = sites[site].counter(id)?.inheritableRights(of: sites[site].replica) ?? 0
                let own = sites[site].rights(id)
                let delta = sites[site].author.spend(
                    id, .bounded, amount, inheriting: true, in: sites[site].lattice)
                #expect((delta != nil) == (free >= amount))
                guard let delta else { continue }
                sites[site].commit(delta)
                spent += amount
                if own < amount {
                    inherited += 1
                    #expect(sites[site].rights(id) == free - amount)
                } else {
                    #expect(sites[site].rights(id) == own - amount, "nothing more than is needed")
                }
            case 4: sites[site].transfer(id, amount, to: sites[random.draw(3)].replica)
            case 5:
                boots[site] += 1
                var next = Site(UInt8(site + 1), boot: boots[site])
                next.receive(sites[site].lattice)
                sites[site] = next
            default: sites[site].receive(sites[random.draw(3)].lattice)
            }
            try #require(spent <= granted, "overdrawn")
        }
        for site in sites.indices { for other in sites { sites[site].receive(other.lattice) } }
        #expect(inherited > 0)
        for site in sites {
            let shares = sites.map { site.counter(id)?.inheritableRights(of: $0.replica) ?? 0 }
            #expect(shares.reduce(0, +) == granted - spent, "every right has one heir")
            #expect(site.counter(id)?.aboveBound == granted - spent)
        }
    }

    /// Sites that are mostly cut off from each other grant, spend and transfer at random.
    @Test(arguments: UInt64(0)..<40)
    func theTruthNeverFallsBelowTheBoundAndNothingIsLost(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (sites, id) = sites(4)
        var (granted, spent, refused): (UInt64, UInt64, Int) = (0, 0, 0)
        for _ in 0..<400 {
            let site = random.draw(4)
            let amount = UInt64(random.draw(8))
            switch random.draw(8) {
            case 0:
                sites[site].grant(id, amount)
                granted += amount
            case 1...4:
                if sites[site].spend(id, amount) { spent += amount } else { refused += 1 }
            case 5: sites[site].transfer(id, amount, to: sites[random.draw(4)].replica)
            default:
                let other = sites[random.draw(4)]
                if random.oneIn(2) {
                    sites[site].receive(other.lattice)
                } else if let delta = other.journal.randomElement(using: &random) {
                    sites[site].receive(delta)
                }
            }
            try #require(spent <= granted, "overdrawn")
        }
        for site in sites.indices { for other in sites { sites[site].receive(other.lattice) } }
        #expect(refused > 0, "the bound was never reached")
        for site in sites {
            #expect(site.counter(id)?.aboveBound == granted - spent)
            let shares = sites.map { site.counter(id)?.rights(of: $0.replica) ?? 0 }
            #expect(shares.reduce(0, +) == granted - spent, "every right has one holder")
        }
    }
}
