// What has news in this tick, and in which order it is told.

import CairnBasics
import CairnWorld

/// The parts of the list of candidates; each is told from its start on.
struct Stretches {
    /// The next candidate of each part, and where the part ends.
    var near = 0..<0
    var entering = 0..<0
    var late = 0..<0
    var far = 0..<0
    /// Parts of which nothing fits the packet being filled.
    var isNearClosed = false
    var isEnteringClosed = false
    var isFarClosed = false

    mutating func reopen() {
        isNearClosed = false
        isEnteringClosed = false
        isFarClosed = false
    }
}

extension Subscription {
    /// First keyframes that one tick looks at.
    private static let enteringLookahead = 64
    /// Late pages that one tick looks at.
    private static let lateLookahead = 4
    /// Pages that had news and no room in the last tick wait.
    mutating func noteWaiting() {
        for index in stretches.near where candidates[index] != Self.doneCandidate {
            let slot = Int(candidates[index])
            // Safe: saturates after 2^27 ticks, which is months.
            let weight = followed[slot].weight
            let (sum, overflow) = followed[slot].waiting.addingReportingOverflow(weight)
            followed[slot].waiting = overflow ? .max : sum
        }
        for index in stretches.far where candidates[index] != Self.doneCandidate {
            noteMissedTurn(of: Int(candidates[index]))
        }
        candidates.removeAll(keepingCapacity: true)
        stretches = Stretches()
    }

    private mutating func noteMissedTurn(of slot: Int) {
        followed[slot].waiting &+= 1  // Safe: once a turn.
        let isRing = followed[slot].level == .ring
        guard
            followed[slot].waiting
                >= (isRing ? InterestRules.ringPatience : InterestRules.farPatience),
            !followed[slot].marks.contains(.isLate)
        else { return }
        followed[slot].marks.insert(.isLate)
        late.append(UInt16(slot))
    }

    /// Lists the pages that have news, in the order in which they go.
    mutating func gatherCandidates(world: borrowing WorldState) {
        gatherNear(world)
        gatherEntering(world)
        gatherLate(world)
        gatherFar(world)
        if stretches.near.upperBound < candidates.count { budget.putBy() }
    }

    private mutating func gatherNear(_ world: borrowing WorldState) {
        var isBehind = false
        for slot in near {
            let page = world.hash.pages[followed[Int(slot)].page.index]
            guard Self.isDue(&followed[Int(slot)], page) else {
                if isEnded(Int(slot), page) { leave(slot: Int(slot)) }
                continue
            }
            if followed[Int(slot)].waiting > 0 { isBehind = true }
            candidates.append(slot)
        }
        stretches.near = 0..<candidates.count
        if isBehind { sortByWaiting() }
    }

    /// Prepares a page of which the client has something, if there is news of it.
    @inline(__always)
    private static func isDue(_ followed: inout FollowedPage, _ page: Page) -> Bool {
        guard page.isLive, page.generation == followed.generation,
            followed.marks.isDisjoint(with: .ended), !followed.marks.isDisjoint(with: .begun)
        else { return false }
        guard followed.hasNews(page) else {
            followed.waiting = 0
            return false
        }
        followed.stage = followed.marks.contains(.owesProperties) ? .owedProperties : .motion
        return true
    }

    /// True for a page that has ended and whose client has not been told.
    private func isEnded(_ slot: Int, _ page: Page) -> Bool {
        followed[slot].marks.isDisjoint(with: .ended)
            && (!page.isLive || page.generation != followed[slot].generation)
    }

    private mutating func gatherEntering(_ world: borrowing WorldState) {
        let start = candidates.count
        var index = enteringDone
        while index < entering.count, index < enteringDone + Self.enteringLookahead {
            let slot = Int(entering[index])
            let page = world.hash.pages[followed[slot].page.index]
            if isEnded(slot, page) { leave(slot: slot) }
            let isOpen = followed[slot].marks.isDisjoint(
                with: [.isLeaving, .isGone, .isVacant, .hasBase, .hasOffer])
            if isOpen {
                followed[slot].stage = .motion
                candidates.append(entering[index])
            } else if index == enteringDone {
                enteringDone += 1
            }
            index += 1
        }
        stretches.entering = start..<candidates.count
    }

    private mutating func gatherLate(_ world: borrowing WorldState) {
        let start = candidates.count
        var taken = 0
        while tellsFar, taken < late.count, candidates.count < start + Self.lateLookahead {
            let slot = Int(late[taken])
            let page = world.hash.pages[followed[slot].page.index]
            let isStillLate =
                followed[slot].marks.contains(.isLate) && followed[slot].level != .near
                && Self.isDue(&followed[slot], page)
            if isStillLate {
                candidates.append(late[taken])
                taken += 1
            } else {
                followed[slot].marks.remove(.isLate)
                late.remove(at: taken)
            }
        }
        stretches.late = start..<candidates.count
    }

    private mutating func gatherFar(_ world: borrowing WorldState) {
        let start = candidates.count
        let ringTurn = InterestRules.turn(at: tick, rules.ringPeriod) << 16
        var index = Self.firstIndex(ofTurn: ringTurn, in: ring)
        while index < ring.count, ring[index] >> 16 == ringTurn >> 16 {
            gatherTurn(of: Int(ring[index] & 0xffff), .ring, world)
            index += 1
        }
        let farTurn = InterestRules.turn(at: tick, rules.farPeriod) << 16
        index = Self.firstIndex(ofTurn: farTurn, in: far)
        while index < far.count, far[index] >> 16 == farTurn >> 16 {
            gatherTurn(of: Int(far[index] & 0xffff), .far, world)
            index += 1
        }
        stretches.far = start..<candidates.count
    }

    private mutating func gatherTurn(
        of slot: Int, _ level: FollowedPage.Level, _ world: borrowing WorldState
    ) {
        guard followed[slot].level == level else { return }
        let page = world.hash.pages[followed[slot].page.index]
        if Self.isDue(&followed[slot], page) {
            if !tellsFar {
                guard Self.owesProperties(followed[slot], page) else { return }
                followed[slot].stage = .properties
            }
            candidates.append(UInt16(slot))
        } else if isEnded(slot, page) {
            leave(slot: slot)
        }
    }

    private static func firstIndex(ofTurn turn: UInt32, in list: [UInt32]) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < turn { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func sortByWaiting() {
        sortKeys.removeAll(keepingCapacity: true)
        for index in stretches.near {
            let urgency = UInt32.max - followed[Int(candidates[index])].waiting
            sortKeys.append(
                UInt64(urgency) << 32 | UInt64(UInt16(truncatingIfNeeded: index)) << 16
                    | UInt64(candidates[index]))
        }
        sortKeys.sort()
        for index in stretches.near {
            candidates[index] = UInt16(truncatingIfNeeded: sortKeys[index])
        }
    }

    /// Puts the candidate that has missed the most turns first among the far ones from `index` on.
    mutating func bringMostUrgent(to index: Int) {
        var best = index
        var waiting: UInt32?
        for other in index..<stretches.far.upperBound {
            let slot = candidates[other]
            guard slot != Self.doneCandidate else { continue }
            if waiting.map({ followed[Int(slot)].waiting > $0 }) ?? true {
                best = other
                waiting = followed[Int(slot)].waiting
            }
        }
        candidates.swapAt(index, best)
    }

    /// Stands for a candidate that is done before an earlier one.
    static let doneCandidate = UInt16.max
}
