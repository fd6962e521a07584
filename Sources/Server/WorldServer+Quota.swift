// How much of a world one client may fill, and how fast. Everything else that a client can make the
// server hold has a cap of its own; things stay when their maker leaves, so they are counted by
// account, by the table that follows the lattice (see WorldState+Holdings).

import CairnBasics
import CairnCRDT
import CairnWorld

extension WorldServer {
    /// Why a written intent would put more into the world than there is room for.
    func lackOfRoom(
        for prepared: borrowing PreparedIntent, of intent: Intent, by actor: Actor
    ) -> Refusal? {
        if !prepared.created.isEmpty,
            world.table.count + prepared.created.count > configuration.entityLimit
        {
            return Refusal(
                rule: .quota, reason: "the world is full; something must be deleted first")
        }
        if actor.role == .operator || prepared.draft.delta.isEmpty { return nil }
        for (owner, growth) in growth(by: prepared) where Account.isClient(owner) {
            let isOwn = owner == actor.identity
            // What others make somebody keep, unasked, leaves them half of their room.
            let share = isOwn || prepared.isTradeAgreed ? 1 : 2
            let after = world.holding(of: owner) + growth
            let things = configuration.thingsPerIdentity / share
            let bytes = configuration.bytesPerIdentity / share
            if growth.things > 0, after.things > things {
                return lackOfThings(things, isOwn: isOwn)
            }
            if growth.bytes > 0, after.bytes > bytes {
                return lackOfBytes(over: after.bytes - bytes, for: intent, isOwn: isOwn)
            }
        }
        return nil
    }

    /// What each account would have more, or less, of.
    private func growth(
        by prepared: borrowing PreparedIntent
    ) -> [(owner: UInt64, growth: Holding)] {
        var all: [(owner: UInt64, growth: Holding)] = []
        func count(_ owner: UInt64, _ holding: Holding) {
            if let index = all.firstIndex(where: { $0.owner == owner }) {
                all[index].growth = all[index].growth + holding
            } else {
                all.append((owner, holding))
            }
        }
        for id in prepared.draft.entities {
            guard let row = world.table.row(of: id), !world.isBody(row: row) else { continue }
            count(
                world.table.owners[row], Holding(things: -1, bytes: -world.table.storedBytes[row]))
            guard let state = prepared.draft.lattice[id] else { continue }
            count(state.owner, Holding(things: 1, bytes: state.storedByteCount))
        }
        for id in prepared.created {
            guard let state = prepared.draft.lattice[id] else { continue }
            count(state.owner, Holding(things: 1, bytes: state.storedByteCount))
        }
        return all
    }

    private func lackOfThings(_ limit: Int, isOwn: Bool) -> Refusal {
        Refusal(
            rule: .quota,
            reason: isOwn
                ? "you have as many things as one may, \(limit); delete one first"
                : "they have no room for more things unless they ask for them")
    }

    /// Offers a text that fits, where a text is what is too long.
    private func lackOfBytes(over: Int, for intent: Intent, isOwn: Bool) -> Refusal {
        let whose = isOwn ? "your things" : "its owner's things"
        var refusal = Refusal(
            rule: .quota,
            reason: "\(whose) may take \(configuration.bytesPerIdentity) bytes, and this would be "
                + "\(over) too many; make something smaller first")
        switch intent {
        case .set(_, _, .text(let text)), .insert(_, _, .text(let text)),
            .put(_, _, key: _, .text(let text)):
            let room = text.utf8.count - over
            let cut = room > 0 ? PlainText.cleaned(text, atMostBytes: room) : ""
            if !cut.isEmpty { refusal.nearest = .value(.text(cut)) }
        default: break
        }
        return refusal
    }

    // MARK: Budget

    /// What an intent costs at least: to read, judge and answer it, in bytes.
    static let baseCost = 64
    /// What a listener costs beside the text itself.
    static let listenerCost = 24

    /// What an intent costs: the bytes of state that it makes, which are kept and sent, and those of
    /// speech, once for everyone who hears it. At most the whole budget, so that who speaks
    /// to a full square may, after a silence.
    func cost(of prepared: borrowing PreparedIntent, parts: Int) -> Int {
        var cost = Self.baseCost * parts
        if !prepared.draft.delta.isEmpty { cost += prepared.draft.delta.encoded().count }
        if let speech = prepared.speech {
            cost += speech.listeners * (speech.text.utf8.count + Self.listenerCost)
        }
        return min(cost, configuration.budgetBurst)
    }
}

extension Holding {
    static func + (left: Holding, right: Holding) -> Holding {
        Holding(things: left.things + right.things, bytes: left.bytes + right.bytes)
    }
}
