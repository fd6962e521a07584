// What has news in this tick, and in which order it is told.

import CairnBasics
import CairnWorld

extension Subscription {
    /// First keyframes that one tick looks at.
    private static let enteringLookahead = 64
    /// Late pages that one tick looks at.
    private static let lateLookahead = 4

    /// Lists the pages that have news, in the order in which they go; far ones only when there is
    /// room for them (`gatherFar`).
    mutating func gatherCandidates(_ store: borrowing BlockStore, _ plan: inout TickPlan) {
        gatherNear(store, &plan)
        let ringTurn = InterestRules.turn(at: tick, rules.ringPeriod)
        plan.ringTurn = Self.range(ofTurn: ringTurn, in: ring)
        let farTurn = InterestRules.turn(at: tick, rules.farPeriod)
        plan.farTurn = Self.range(ofTurn: farTurn, in: far)
        if enteringDone < entering.count { gatherEntering(store, &plan) }
        if tellsFar && !late.isEmpty { gatherLate(store, &plan) }
        let hasDistant =
            !plan[.entering].range.isEmpty || !plan[.late].range.isEmpty
            || plan.hasTurns
        if hasDistant { budget.putBy() }
    }

    private mutating func gatherNear(_ store: borrowing BlockStore, _ plan: inout TickPlan) {
        for index in near.indices {
            let row = Int(near[index])
            let page = followed[row].page.index
            if followed[row].isDue(store.news[page]) {
                plan.candidates.append(UInt16(row))
            } else if followed[row].isEnded(store.news[page]) {
                leave(row: row)
            }
        }
        plan[.near].range = 0..<plan.candidates.count
        if isBehind { sortByWaiting(&plan) }
        isBehind = !plan[.near].range.isEmpty
    }

    private mutating func gatherEntering(_ store: borrowing BlockStore, _ plan: inout TickPlan) {
        let start = plan.candidates.count
        var index = enteringDone
        while index < entering.count, index < enteringDone + Self.enteringLookahead {
            let row = Int(entering[index])
            if followed[row].isEnded(store.news[followed[row].page.index]) { leave(row: row) }
            let isOpen = followed[row].marks.isDisjoint(
                with: [.isLeaving, .isGone, .isVacant, .hasBase, .hasOffer])
            if isOpen {
                followed[row].stage = .motion
                plan.candidates.append(UInt16(row))
            } else if index == enteringDone {
                enteringDone += 1
            }
            index += 1
        }
        plan[.entering].range = start..<plan.candidates.count
    }

    private mutating func gatherLate(_ store: borrowing BlockStore, _ plan: inout TickPlan) {
        let start = plan.candidates.count
        var taken = 0
        while taken < late.count, plan.candidates.count < start + Self.lateLookahead {
            let row = row(ofSlot: late[taken])
            if let row, isStillLate(row, store) {
                plan.candidates.append(UInt16(row))
                taken += 1
            } else {
                if let row { followed[row].marks.remove(.isLate) }
                late.remove(at: taken)
            }
        }
        plan[.late].range = start..<plan.candidates.count
    }

    private mutating func isStillLate(_ row: Int, _ store: borrowing BlockStore) -> Bool {
        followed[row].marks.contains(.isLate) && followed[row].level != .near
            && followed[row].isDue(store.news[followed[row].page.index])
    }

    /// Adds the far pages whose turn it is to the candidates, those that missed the most turns first.
    mutating func gatherFar(_ store: borrowing BlockStore, _ plan: inout TickPlan) {
        plan.isFarGathered = true
        plan.sortKeys.removeAll()
        for index in plan.ringTurn {
            gatherTurn(of: Int(ring[index] & 0xffff), .ring, store, &plan)
        }
        for index in plan.farTurn {
            gatherTurn(of: Int(far[index] & 0xffff), .far, store, &plan)
        }
        plan.sortKeys.sort()
        let start = plan.candidates.count
        for index in plan.sortKeys.indices {
            plan.candidates.append(UInt16(truncatingIfNeeded: plan.sortKeys[index]))
        }
        plan[.far].range = start..<plan.candidates.count
    }

    private mutating func gatherTurn(
        of row: Int, _ level: FollowedPage.Level, _ store: borrowing BlockStore,
        _ plan: inout TickPlan
    ) {
        guard followed[row].level == level else { return }
        let page = followed[row].page.index
        if followed[row].isDue(store.news[page]) {
            if !tellsFar {
                guard followed[row].owesProperties(store.news[page]) else { return }
                followed[row].stage = .properties
            }
            let period = level == .ring ? rules.ringPeriod : rules.farPeriod
            let told = approaches[Int(followed[row].slot)].told
            let missed = UInt32(max(0, tick.steps(since: told))) / period
            plan.sortKeys.append(UInt64(UInt32.max - missed) << 16 | UInt64(row))
        } else if followed[row].isEnded(store.news[page]) {
            leave(row: row)
        }
    }

    private static func range(
        ofTurn turn: UInt32, in list: borrowing OwnedList<UInt32>
    ) -> Range<Int> {
        list.firstIndex(notBelow: turn << 16)..<list.firstIndex(notBelow: (turn + 1) << 16)
    }

    /// The longest untold first, the nearer the sooner.
    private func sortByWaiting(_ plan: inout TickPlan) {
        plan.sortKeys.removeAll()
        for index in plan.candidates.indices {
            let page = followed[Int(plan.candidates[index])]
            let isTold = page.marks.contains(.hasSent)
            let ticks = isTold ? max(0, tick.steps(since: page.sent)) : .max
            let waiting = UInt64(UInt32(ticks)) * UInt64(page.weight)
            let urgency = UInt32.max - UInt32(clamping: waiting)
            plan.sortKeys.append(UInt64(urgency) << 32 | UInt64(plan.candidates[index]))
        }
        plan.sortKeys.sort()
        for index in plan.candidates.indices {
            plan.candidates[index] = UInt16(truncatingIfNeeded: plan.sortKeys[index])
        }
    }
}

// MARK: - Sweeping

extension Subscription {
    /// Looks, once in a far turn, which pages that are not near wait, and which have ended. A page
    /// that is seen to wait for as long as its patience goes before the others.
    mutating func sweepWaiting(_ store: borrowing BlockStore) {
        guard (tick.number &+ stagger) % rules.farPeriod == 0 else { return }
        for row in followed.indices where followed[row].level != .near {
            let page = followed[row].page.index
            if followed[row].isEnded(store.news[page]) { leave(row: row) }
            let isOpen =
                followed[row].marks.isDisjoint(with: [.isLeaving, .isGone, .isVacant, .isLate])
                && !followed[row].marks.isDisjoint(with: .begun)
            guard isOpen else { continue }
            if followed[row].hasNews(store.news[page]) {
                noteWaiting(row)
            } else {
                followed[row].marks.remove(.waits)
            }
        }
    }

    private mutating func noteWaiting(_ row: Int) {
        let slot = followed[row].slot
        guard followed[row].marks.contains(.waits) else {
            followed[row].marks.insert(.waits)
            approaches[Int(slot)].waitsSince = tick
            return
        }
        let patience =
            followed[row].level == .ring
            ? InterestRules.ringPatience * rules.ringPeriod
            : InterestRules.farPatience * rules.farPeriod
        let waited = max(0, tick.steps(since: approaches[Int(slot)].waitsSince))
        guard UInt32(waited) >= patience else { return }
        followed[row].marks.insert(.isLate)
        late.append(slot)
    }

    /// All of a page was told: it waits no more.
    mutating func noteTold(_ row: Int) {
        followed[row].marks.subtract([.waits, .isLate])
        if followed[row].level != .near { approaches[Int(followed[row].slot)].told = tick }
    }
}
