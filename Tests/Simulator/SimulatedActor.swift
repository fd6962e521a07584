// One client of a simulation: it walks, builds, edits and talks by its own seed. What it asks for and
// what it is told goes into the history. It works in frames, as an application does, and comes
// back when its session is over.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnTransport
import CairnWire
import CairnWorld

public final class SimulatedActor {
    public let index: Int
    public var client: WorldClient
    let address: NetworkAddress
    /// The node that it is or wants to be at, and that node's run.
    private(set) var node: UInt8
    private var boot: UInt32
    /// When it joins again; nil while it has a session.
    var rejoinsAt: Instant?
    /// Until then its process stands still: it hears and does nothing.
    var sleepsUntil = Instant.zero
    private(set) var frameAt: Instant
    private let framePeriod: TimeSpan

    private let history: History
    private let practices: [Practice]
    private let longestPause: UInt32
    private var random: SeededRandom
    private var wish = Velocity.zero
    private var wishUntil = Instant.zero
    private var editAt = Instant.zero
    private var isCalm = false
    /// True when its session began after everybody had come to rest, or hardly before.
    private(set) var cameLate = false
    /// Whoever came in sooner before the calm may have been told of no page that changed meanwhile.
    private static let ticksToSeeMotion: UInt64 = 20
    /// Edits of this session that may still be heard of: the intent's number and the history's.
    private var open: [(number: UInt32, edit: Int)] = []
    /// Everything that has happened to the actor since the start, or since `events` was emptied;
    /// kept for tests, whose actors do nothing by themselves.
    public var events: [ClientEvent] = []
    private let keepsEvents: Bool
    /// Whether it takes its session up again, with the edits that it made meanwhile, or joins anew.
    let returns: Bool

    public private(set) var durableCount = 0
    public private(set) var accepted = 0
    public private(set) var refused = 0
    public private(set) var heard = 0
    /// What it asked for that nobody may have.
    private(set) var trespasses = Trespasses()
    /// How far it wants to see; 0 for as far as the world's author thought right.
    let interestMetres: Int
    /// How sessions ended that nobody had a reason to end.
    private(set) var endings: [CloseReason] = []
    /// Of the sessions before this one.
    public private(set) var pastDivergences: UInt64 = 0
    public private(set) var pastErrors: UInt64 = 0
    private(set) var pastPackets: UInt64 = 0

    /// Where and as whom an actor joins.
    struct Ticket {
        var token: ConnectToken
        var entropySeed: [UInt8]
        var node: UInt8
        var boot: UInt32
        var idleTimeout: TimeSpan
        var keyLimits: KeyLimits
        var ledger: SealLedger
    }

    init(
        index: Int, _ ticket: Ticket, history: History, acts: Bool, returns: Bool,
        practices: [Practice], seed: UInt64, now: Instant
    ) {
        self.index = index
        self.history = history
        self.practices = practices
        keepsEvents = !acts
        address = NetworkAddress(ipv4: 0x0a00_0100 + UInt32(index), port: 40_000)
        random = SeededRandom(seed: seed)
        longestPause = [100, 900, 900, 2_000][Int(random.below(4))]
        framePeriod = .milliseconds(acts ? [12, 16, 25, 33][Int(random.below(4))] : 5)
        frameAt = now
        interestMetres = acts ? [0, 0, 0, 4][Int(random.below(4))] : 0
        (node, boot) = (ticket.node, ticket.boot)
        self.returns = returns
        let session = returns ? random.next() | 1 : 0
        client = WorldClient(
            Self.configuration(ticket, interestMetres, session: session),
            entropySeed: ticket.entropySeed, now: now)
    }

    /// Joins a node, perhaps another than before.
    func rejoin(_ ticket: Ticket, now: Instant) {
        if ticket.node != node { for entry in open { history.wandered(entry.edit) } }
        (node, boot) = (ticket.node, ticket.boot)
        rejoinsAt = nil
        if returns {
            return client.reconnect(
                token: ticket.token, server: SimulatedNode.address(node),
                entropySeed: ticket.entropySeed, now: now)
        }
        client = WorldClient(
            Self.configuration(ticket, interestMetres), entropySeed: ticket.entropySeed, now: now)
    }

    /// The connection is over. What has not been answered will not be, or when the actor returns.
    func leave(until rejoinsAt: Instant) {
        self.rejoinsAt = rejoinsAt
        if returns { return }
        pastDivergences += client.statistics.divergences
        pastErrors += client.statistics.decodeErrors
        pastPackets += client.statistics.packets
        trespasses.forget()
        open.removeAll()
    }

    /// Stands still and leaves everything as it is from now on.
    func calm() {
        isCalm = true
        if client.statistics.ticks < Self.ticksToSeeMotion { cameLate = true }
    }

    func receive(_ bytes: inout [UInt8], from address: NetworkAddress, now: Instant) {
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        client.handle(&raw, from: address, now: now)
    }

    /// There is nothing to do in this frame.
    func skipFrame(now: Instant) { frameAt = now + framePeriod }

    /// One frame of the application: takes in what has happened, and decides.
    func act(now: Instant) {
        frameAt = now + framePeriod
        takeEvents(now: now)
        guard client.isPresent || returns && client.isStale, !keepsEvents else { return }
        if isCalm { return client.steer(velocity: .zero, orientation: .identity) }
        if now >= wishUntil {
            wish = Velocity(
                metresPerSecondX: random.unit() * 4 - 2, random.unit() * 4 - 2, 0)
            wishUntil = now + .milliseconds(500 + Int64(random.below(2_000)))
        }
        client.steer(velocity: wish, orientation: .identity, animation: 1)
        guard now >= editAt else { return }
        editAt = now + .milliseconds(20 + Int64(random.below(longestPause)))
        if random.chance(Ratio(1, in: 8)) { return trespass() }
        if let intent = chooseIntent() { submit(intent, now: now) }
    }

    /// Asks for what it must not get. History does not hear of it, since it must not happen.
    private func trespass() {
        let thing = random.element(of: client.entityIDs.filter { isThing($0) }[...])
        guard let wish = trespasses.wish(of: client, thing: thing, random: &random) else { return }
        trespasses.asked(wish.what, as: client.submit(wish.intent))
    }

    /// True for a thing that a server has made: history knows nothing of handles.
    private func isThing(_ id: EntityID) -> Bool {
        client.kind(of: id)?.role == .object && id.creatingIntent == nil
    }

    private func submit(_ intent: Intent, now: Instant) {
        let number = client.submit(intent)
        let actions = HistoryAction.actions(of: intent)
        let edit = history.sent(actions, by: index, to: node, boot: boot, at: now)
        open.append((number, edit))
    }

    func takeEvents(now: Instant) {
        while let event = client.pollEvent() {
            if keepsEvents { events.append(event) }
            switch event {
            case .accepted(let number, let created):
                accepted += 1
                trespasses.accepted(number)
                guard let edit = edit(number) else { continue }
                history.accepted(edit, by: node, boot: boot, created: created.raw, at: now)
            case .entered: cameLate = isCalm
            case .durable(let through): settle(through: through, now: now)
            case .refused(let number, let refusal):
                refused += 1
                trespasses.refused(number)
                guard let edit = edit(number) else { continue }
                // Nobody knows any more whether it was done.
                if refusal.rule != .tooOld { history.refused(edit) }
                open.removeAll { $0.number == number }
            case .heard(_, let name, let text):
                heard += 1
                trespasses.heard(name, text)
            // Whoever is away or has come back since knows already.
            case .ended(let reason)
            where !keepsEvents && client.ended != nil && rejoinsAt == nil:
                endings.append(reason)
                leave(until: now + .milliseconds(500))
                return
            default: continue
            }
        }
    }

    /// Every accepted edit up to this number is on the disk.
    private func settle(through number: UInt32, now: Instant) {
        let done = open.filter {
            $0.number <= number && history.edits[$0.edit].acceptedAt != nil
        }
        for entry in done {
            history.durable(entry.edit, at: now)
            durableCount += 1
        }
        open.removeAll { entry in done.contains { $0.number == entry.number } }
    }

    private func edit(_ number: UInt32) -> Int? { open.first { $0.number == number }?.edit }

    private func chooseIntent() -> Intent? {
        let things = client.entityIDs.filter { isThing($0) }
        let sight = ActorSight(
            index: index, things: things,
            mine: things.filter { history.maker(of: $0.raw) == index },
            place: client.newestMotion(of: client.entity)?.position ?? .origin)
        var turn = random.below(practices.reduce(0) { $0 + $1.weight })
        for practice in practices {
            if turn < practice.weight { return practice.intent(sight, &random) }
            turn -= practice.weight
        }
        return nil
    }

    private static func configuration(
        _ ticket: Ticket, _ interestMetres: Int, session: UInt64 = 0
    ) -> ClientConfiguration {
        ClientConfiguration(
            token: ticket.token, server: SimulatedNode.address(ticket.node),
            entrance: Entrance(
                interestMetres: UInt16(clamping: interestMetres), wantsDigests: true),
            outbox: Outbox(session: session),
            endpoint: ClientEndpointConfiguration(
                idleTimeout: ticket.idleTimeout, keyLimits: ticket.keyLimits,
                sealLedger: ticket.ledger))
    }
}
