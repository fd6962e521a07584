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
    mutating func gatherCandidates(_ world: borrowing WorldState, _ plan: inout TickPlan) {
        gatherNear(world, &plan)
        if enteringDone < entering.count { gatherEntering(world, &plan) }
        if tellsFar && !late.isEmpty { gatherLate(world, &plan) }
        let hasDistant =
            !plan[.entering].range.isEmpty || !plan[.late].range.isEmpty || tellsFar && hasTurns
        if hasDistant { budget.putBy() }
    }

    private mutating func gatherNear(_ world: borrowing WorldState, _ plan: inout TickPlan) {
        let pages = world.hash.pages.span
        for index in near.indices {
            let slot = Int(near[index])
            let record = pages[followed[slot].page.index]
            if followed[slot].isDue(record) {
                plan.candidates.append(UInt16(slot))
            } else if followed[slot].isEnded(record) {
                leave(slot: slot)
            }
        }
        plan[.near].range = 0..<plan.candidates.count
        if isBehind { sortByWaiting(&plan) }
        isBehind = !plan[.near].range.isEmpty
    }

    private mutating func gatherEntering(_ world: borrowing WorldState, _ plan: inout TickPlan) {
        let start = plan.candidates.count
        var index = enteringDone
        while index < entering.count, index < enteringDone + Self.enteringLookahead {
            let slot = Int(entering[index])
            let record = world.hash.pages[followed[slot].page.index]
            if followed[slot].isEnded(record) { leave(slot: slot) }
            let isOpen = followed[slot].marks.isDisjoint(
                with: [.isLeaving, .isGone, .isVacant, .hasBase, .hasOffer])
            if isOpen {
                followed[slot].stage = .motion
                plan.candidates.append(UInt16(slot))
            } else if index == enteringDone {
                enteringDone += 1
            }
            index += 1
        }
        plan[.entering].range = start..<plan.candidates.count
    }

    private mutating func gatherLate(_ world: borrowing WorldState, _ plan: inout TickPlan) {
        let start = plan.candidates.count
        var taken = 0
        while taken < late.count, plan.candidates.count < start + Self.lateLookahead {
            let slot = Int(late[taken])
            let record = world.hash.pages[followed[slot].page.index]
            let isStillLate =
                followed[slot].marks.contains(.isLate) && followed[slot].level != .near
                && followed[slot].isDue(record)
            if isStillLate {
                plan.candidates.append(UInt16(slot))
                taken += 1
            } else {
                followed[slot].marks.remove(.isLate)
                late.remove(at: taken)
            }
        }
        plan[.late].range = start..<plan.candidates.count
    }

    /// Adds the far pages whose turn it is to the candidates.
    mutating func gatherFar(_ world: borrowing WorldState, _ plan: inout TickPlan) {
        plan.isFarGathered = true
        let start = plan.candidates.count
        let ringTurn = InterestRules.turn(at: tick, rules.ringPeriod)
        for index in Self.range(ofTurn: ringTurn, in: ring) {
            gatherTurn(of: Int(ring[index] & 0xffff), .ring, world, &plan)
        }
        let farTurn = InterestRules.turn(at: tick, rules.farPeriod)
        for index in Self.range(ofTurn: farTurn, in: far) {
            gatherTurn(of: Int(far[index] & 0xffff), .far, world, &plan)
        }
        plan[.far].range = start..<plan.candidates.count
    }

    private mutating func gatherTurn(
        of slot: Int, _ level: FollowedPage.Level, _ world: borrowing WorldState,
        _ plan: inout TickPlan
    ) {
        guard followed[slot].level == level else { return }
        let record = world.hash.pages[followed[slot].page.index]
        if followed[slot].isDue(record) {
            plan.candidates.append(UInt16(slot))
        } else if followed[slot].isEnded(record) {
            leave(slot: slot)
        }
    }

    /// True when it is the turn of any far page.
    var hasTurns: Bool {
        let ringTurn = InterestRules.turn(at: tick, rules.ringPeriod)
        let farTurn = InterestRules.turn(at: tick, rules.farPeriod)
        return !Self.range(ofTurn: ringTurn, in: ring).isEmpty
            || !Self.range(ofTurn: farTurn, in: far).isEmpty
    }

    private static func range(
        ofTurn turn: UInt32, in list: borrowing OwnedList<UInt32>
    ) -> Range<Int> {
        let start = list.firstIndex(notBelow: turn << 16)
        var end = start
        while end < list.count, list[end] >> 16 == turn { end += 1 }
        return start..<end
    }

    /// The longest untold first, the nearer the sooner.
    private func sortByWaiting(_ plan: inout TickPlan) {
        plan.sortKeys.removeAll()
        for index in plan.candidates.indices {
            let slot = Int(plan.candidates[index])
            let isTold = followed[slot].marks.contains(.hasSent)
            let ticks = isTold ? max(0, tick.steps(since: followed[slot].sent)) : .max
            let waiting = UInt64(UInt32(ticks)) * UInt64(approaches[slot].weight)
            let urgency = UInt32.max - UInt32(clamping: waiting)
            plan.sortKeys.append(
                UInt64(urgency) << 32 | UInt64(UInt16(truncatingIfNeeded: index)) << 16
                    | UInt64(slot))
        }
        plan.sortKeys.sort()
        for index in plan.candidates.indices {
            plan.candidates[index] = UInt16(truncatingIfNeeded: plan.sortKeys[index])
        }
    }

    /// Puts the candidate that has missed the most turns first among the far ones.
    func bringMostUrgent(_ plan: inout TickPlan) {
        let range = plan[.far].range
        var (best, most) = (range.lowerBound, UInt32(0))
        for index in range {
            let slot = plan.candidates[index]
            guard slot != TickPlan.doneCandidate else { continue }
            let missed = missedTurns(of: Int(slot))
            if missed > most || plan.candidates[best] == TickPlan.doneCandidate {
                (best, most) = (index, missed)
            }
        }
        let first = plan.candidates[range.lowerBound]
        plan.candidates[range.lowerBound] = plan.candidates[best]
        plan.candidates[best] = first
    }

    private func missedTurns(of slot: Int) -> UInt32 {
        let period = followed[slot].level == .ring ? rules.ringPeriod : rules.farPeriod
        return UInt32(max(0, tick.steps(since: approaches[slot].told))) / period
    }
}

// MARK: - Sweeping

extension Subscription {
    /// Looks, once in a far turn, which pages that are not near wait, and which have ended. A page
    /// that is seen to wait for as long as its patience goes before the others.
    mutating func sweepWaiting(_ world: borrowing WorldState) {
        guard (tick.number &+ stagger) % rules.farPeriod == 0 else { return }
        for slot in followed.indices where followed[slot].level != .near {
            let record = world.hash.pages[followed[slot].page.index]
            if followed[slot].isEnded(record) { leave(slot: slot) }
            let isOpen =
                followed[slot].marks.isDisjoint(with: [.isLeaving, .isGone, .isVacant, .isLate])
                && !followed[slot].marks.isDisjoint(with: .begun)
            guard isOpen else { continue }
            guard followed[slot].hasNews(record) else {
                followed[slot].marks.remove(.waits)
                continue
            }
            noteWaiting(slot)
        }
    }

    private mutating func noteWaiting(_ slot: Int) {
        guard followed[slot].marks.contains(.waits) else {
            followed[slot].marks.insert(.waits)
            approaches[slot].waitsSince = tick
            return
        }
        let isRing = followed[slot].level == .ring
        let patience =
            isRing
            ? InterestRules.ringPatience * rules.ringPeriod
            : InterestRules.farPatience * rules.farPeriod
        let waited = max(0, tick.steps(since: approaches[slot].waitsSince))
        guard UInt32(waited) >= patience else { return }
        followed[slot].marks.insert(.isLate)
        late.append(UInt16(slot))
    }

    /// Something of a page was told: it waits no more.
    mutating func noteTold(_ slot: Int) {
        followed[slot].marks.subtract([.waits, .isLate])
        if followed[slot].level != .near { approaches[slot].told = tick }
    }
}
