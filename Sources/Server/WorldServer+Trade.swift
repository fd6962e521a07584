// Exchanges that both sides have asked for. An offer is remembered for half a minute and written down
// nowhere; when the other side asks for its mirror image, and both still carry what they
// offered, one delta exchanges everything.
//
// Offers are between bodies of this node: the other must be told, and must answer here.

import CairnBasics
import CairnCRDT
import CairnWire
import CairnWorld

/// What one body has offered to another.
struct TradeOffer: Equatable {
    let from: EntityID
    let to: EntityID
    /// Ascending; likewise below.
    let gives: [EntityID]
    let wants: [EntityID]
    let until: Instant

    static let lifetime = TimeSpan.seconds(30)
    /// Offers of one body that wait for an answer; a new one takes the place of the oldest.
    static let limit = 4

    /// True for the same exchange, asked for from the other side.
    func mirrors(_ other: TradeOffer) -> Bool {
        from == other.to && to == other.from && gives == other.wants && wants == other.gives
    }
}

extension WorldServer {
    /// Looks for the other side's offer; without one this is an offer itself.
    mutating func prepareTrade(
        _ intent: Intent, by actor: Actor, into prepared: inout PreparedIntent, now: Instant
    ) throws(Refusal) {
        guard case .trade(let other, let mine, let theirs) = intent else { return }
        guard let partner = session(with: other), sessions[partner].phase == .present else {
            throw Refusal(
                rule: .unknownEntity, reason: "they are not here to answer; meet them at one server"
            )
        }
        offers.removeAll { $0.until <= now }
        let offer = TradeOffer(
            from: actor.entity, to: other, gives: mine.sorted(), wants: theirs.sorted(),
            until: now + TradeOffer.lifetime)
        prepared.trade = offer
        prepared.isTradeAgreed = offers.contains { $0.mirrors(offer) }
    }

    /// Exchanges what both have agreed to. What one owns of it, the other owns from now on.
    mutating func writeTrade(
        by actor: Actor, into prepared: inout PreparedIntent, wallMilliseconds: UInt64
    ) {
        guard let trade = prepared.trade, prepared.isTradeAgreed else { return }
        guard let partner = session(with: trade.to) else { return }
        let identity = sessions[partner].identity.identity
        for thing in trade.gives {
            hand(thing, to: trade.to, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
            guard prepared.draft.lattice[thing]?.owner == actor.identity else { continue }
            own(thing, identity, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        }
        for thing in trade.wants {
            hand(thing, to: trade.from, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
            guard prepared.draft.lattice[thing]?.owner == identity else { continue }
            own(thing, actor.identity, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        }
    }

    /// Remembers an offer and tells the other side, or forgets the one that was taken up.
    mutating func settle(_ trade: TradeOffer, isAgreed: Bool) {
        if isAgreed {
            offers.removeAll { $0.mirrors(trade) }
            return
        }
        offers.removeAll {
            $0.from == trade.from && $0.to == trade.to && $0.gives == trade.gives
                && $0.wants == trade.wants
        }
        if offers.count(where: { $0.from == trade.from }) >= TradeOffer.limit,
            let oldest = offers.firstIndex(where: { $0.from == trade.from })
        {
            offers.remove(at: oldest)
        }
        offers.append(trade)
        guard let index = session(with: trade.to) else { return }
        send(.offered(by: trade.from, gives: trade.gives, wants: trade.wants), to: index)
    }

    /// The session that has a body.
    private func session(with body: EntityID) -> Int? {
        sessions.indices.first { sessions.contains($0) && sessions[$0].entity == body }
    }

    /// A body is gone, and so is what it offered and what it was offered.
    mutating func forgetOffers(of body: EntityID) {
        offers.removeAll { $0.from == body || $0.to == body }
    }
}
