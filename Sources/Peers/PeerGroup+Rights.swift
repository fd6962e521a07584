// Escrow between nodes: who is short of rights to a bounded counter asks the peer that seems to have
// the most, and that one hands over up to half of its own. The answer is no message but an
// ordinary delta, so it cannot be lost; the ask may be, and is made again by the next who needs it.
//
// A cut-off node has its own rights and no others, so whatever happens nothing is overdrawn.

public import CairnBasics
public import CairnCRDT

extension PeerGroup {
    /// Asks for rights, at most every half second for one counter.
    ///
    /// - Returns: False when nobody could be asked.
    @discardableResult
    public mutating func askForRights(_ ask: RightsAsk, lattice: Lattice, now: Instant) -> Bool {
        asked.removeAll { now - $0.at >= PeerLimits.askSpacing }
        let isAsked = asked.contains { $0.ask.id == ask.id && $0.ask.field == ask.field }
        if isAsked { return true }
        guard ask.amount > 0, asked.count < PeerLimits.asksRemembered,
            let counter = lattice[ask.id]?[ask.field]?.bounded
        else { return false }
        var richest: (index: Int, rights: UInt64)?
        for index in links.indices where !links[index].isSilent(now: now) {
            guard let peer = replica(of: links[index].node) else { continue }
            let rights = counter.inheritableRights(of: peer)
            if rights > richest?.rights ?? 0 { richest = (index, rights) }
        }
        guard let richest else { return false }
        links[richest.index].lastAskSent += 1
        asked.append((ask, now))
        var capped = ask
        capped.amount = min(ask.amount, PeerLimits.rightsPerAsk)
        send(.ask(number: links[richest.index].lastAskSent, capped), to: richest.index)
        counters.asksSent &+= 1
        return true
    }

    /// Hears an ask once, however often the bus repeats it.
    mutating func take(
        _ ask: RightsAsk, number: UInt32, of index: Int, now: Instant
    ) -> PeerArrival {
        guard number > links[index].lastAskTaken, links[index].admitsAsk(now: now) else {
            counters.asksRefused &+= 1
            return .nothing
        }
        links[index].lastAskTaken = number
        counters.asksTaken &+= 1
        let peer = ReplicaID(node: links[index].node, boot: links[index].boot)
        return .ask(ask, by: peer)
    }

    /// How much of its rights a node hands to a peer that asks for `amount`: half at most, and of
    /// an odd number the larger half, since the last one could never be spent elsewhere otherwise.
    public static func handedOver(of rights: UInt64, asked amount: UInt64) -> UInt64 {
        min(amount, rights - rights / 2, PeerLimits.rightsPerAsk)
    }
}
