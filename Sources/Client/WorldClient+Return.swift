// Away and back. The world that was known stays in view while a new connection is made and until it
// has told about as much as was known before, so that nothing blinks: only then is one put in the
// place of the other, with events for what has come, gone or changed meanwhile.

public import CairnBasics
import CairnReplication
import CairnTransport
public import CairnWire
import CairnWorld

extension WorldClient {
    /// How long a new connection gets to tell of the surroundings: six ticks of the slowest world
    /// that is fun to walk in.
    static let surroundingsTime = TimeSpan.milliseconds(300)
    /// How long the old picture is shown at most while edits that were sent before are unanswered.
    static let answersTime = TimeSpan.seconds(3)

    /// Joins again after the session has ended, or gives up a connection that seems dead.
    ///
    /// - Parameter token: The old one, while it is valid, or a new one of the same identity.
    /// - Parameter server: Another node of the same world, or nil for the one before.
    /// - Parameter entropySeed: 32 bytes that nobody can guess, used for nothing else.
    public mutating func reconnect(
        token: ConnectToken, server: NetworkAddress? = nil, entropySeed: [UInt8], now: Instant
    ) {
        if ended == nil { end(CloseReason(.idle, "the application connects anew")) }
        configuration.token = token
        if let server { configuration.server = server }
        candidate = nil
        endpoint = Self.endpoint(configuration, entropySeed: entropySeed, now: now)
        beginAnew()
    }

    /// True when the server has not answered for so long that another join should be tried; the
    /// session goes on meanwhile.
    public func isUnanswered(now: Instant) -> Bool {
        ended == nil && endpoint.isUnanswered(now: now)
    }

    /// How long after the other join is done an answer on the old connection is waited for: some ticks
    /// of a slow world and a round trip.
    static let oldConnectionGrace = TimeSpan.milliseconds(500)

    /// True while another join is tried beside the present connection.
    public var isJoiningBeside: Bool { candidate != nil }

    /// Tries another join while the present connection is kept: what answers first goes on. So a
    /// server that was only out of reach, or a client that slept, finds the session as it was.
    ///
    /// - Parameter token: A new one of the same identity, since the old one's connection may last.
    /// - Parameter entropySeed: 32 bytes that nobody can guess, used for nothing else.
    public mutating func joinBeside(token: ConnectToken, entropySeed: [UInt8], now: Instant) {
        guard ended == nil else { return }
        configuration.token = token
        candidate = Self.endpoint(configuration, entropySeed: entropySeed, now: now)
    }

    /// Gives an answer to the other join, if it is one.
    /// - Returns: True when the datagram was for it.
    mutating func handleBeside(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant
    ) -> Bool {
        guard candidate != nil, datagram.byteCount > 0,
            unsafe datagram.bytes.unsafeLoad(as: UInt8.self) & 0xbf
                != PacketType.serverPacket.rawValue
        else { return false }
        // Whoever answers is there: the old connection gets to ask it, and to be asked first.
        endpoint.probe()
        switch candidate!.handle(&datagram, from: address, now: now) {
        case .connected: candidateReadyAt = now
        case .closed: candidate = nil
        case .nothing, .packet: break
        }
        return true
    }

    /// Goes on with the other join once it is done and the old connection has had its chance.
    mutating func settleBeside(now: Instant) {
        guard candidate != nil else {
            candidateReadyAt = nil
            return
        }
        guard let candidateReadyAt, now >= candidateReadyAt + Self.oldConnectionGrace else {
            return
        }
        self.candidateReadyAt = nil
        end(CloseReason(.idle, "the server did not answer"))
        endpoint = candidate.take()!
        beginAnew()
        send(.enter(entrance))
    }

    /// Forgets what belongs to the connection before.
    private mutating func beginAnew() {
        if stale == nil { stale = replica }
        replica = nil
        welcomedAt = nil
        ended = nil
        tick = nil
        playback = nil
        prediction = nil
        toldMotion = nil
        claimed = nil
        recentInputs = []
        claim = nil
        outbox.disconnect()
    }

    /// The entrance of the present connection.
    var entrance: Entrance {
        var entrance = configuration.entrance
        entrance.session = outbox.session
        entrance.resumption = outbox.resumption
        return entrance
    }

    /// Takes up the session where it was left, as far as the server knows it.
    mutating func resume(_ welcome: Welcome) {
        sentBefore = outbox.edits.last(where: \.wasSent)?.number ?? 0
        let isReturn = stale != nil || outbox.resumption != 0 || sentBefore != 0
        if !welcome.isSessionKnown { outbox.loseTrack() }
        outbox.resumption = welcome.resumption
        guard isReturn else { return }
        note(.returned(sessionIsKnown: welcome.isSessionKnown))
        guard outbox.count > 0 else { return }
        homecoming = Homecoming(open: Set(outbox.edits.map(\.number)))
        for edit in outbox.edits where edit.wasSent && !mayRepeat(edit) {
            takeRefused(
                edit.number,
                Refusal(
                    rule: .tooOld,
                    reason: "the connection was lost before it was known whether it was done"))
        }
    }

    /// Nobody remembers what was said, nor any edit of a client that did not name its session.
    private func mayRepeat(_ edit: OpenEdit) -> Bool {
        edit.intent.isLasting && outbox.session != 0
    }

    /// Puts the new picture in the place of the old one once it is about whole.
    mutating func settleReturn(now: Instant) {
        guard stale != nil, let welcomedAt, tick != nil, now >= welcomedAt + Self.surroundingsTime
        else { return }
        let hasQuestions = outbox.edits.contains { $0.number <= sentBefore && !$0.isAccepted }
        guard !hasQuestions || now >= welcomedAt + Self.answersTime else { return }
        let before = entityIDs
        stale = nil
        outbox.forgetOpenCreations()
        resumeForesight()
        while replica?.pollEvent() != nil {}
        tell(from: before, to: entityIDs)
    }

    private mutating func tell(from before: [EntityID], to after: [EntityID]) {
        let old = Set(before)
        let new = Set(after)
        for id in before where !new.contains(id) { note(.disappeared(id, wasDeleted: false)) }
        for id in after {
            if !old.contains(id) { note(.appeared(id)) }
            note(.changed(id))
        }
    }
}
