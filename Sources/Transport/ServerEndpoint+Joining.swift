// A join, from the server's side. The order of checks is the defence: length and magic, then the
// cookie (33 ns, and no forged sender has one), then the token's seal (0.7 µs for a bad one), then
// the proof that the sender holds its secret, and only then X25519 (80 µs), which is budgeted.

import CairnBasics
import CairnWire

extension ServerEndpoint {
    /// How long a join that another hello with the same token contests is left alone: enough for
    /// the client that started it to complete it.
    private static let contestedJoinGrace = TimeSpan.seconds(1)

    mutating func handleHello(
        _ datagram: RawSpan, from address: NetworkAddress, now: Instant,
        wallMilliseconds: UInt64, replies: inout DatagramBatch
    ) -> Arrival {
        guard let hello = ClientHello(datagram) else {
            counters.datagramsIgnored &+= 1
            suspect(now: now)
            return .nothing
        }
        if hello.cookie.isEmpty {
            suspect(now: now)
            guard hasAttention(.hello, for: address, now: now) else { return .nothing }
            challenge(hello, address, now: now, replies: &replies)
            return .nothing
        }
        guard cookieKey.isValid(hello.cookie, for: address, nonce: hello.nonce, now: now) else {
            counters.cookiesRefused &+= 1
            suspect(now: now)
            return .nothing
        }
        guard hasAttention(.proof, for: address, now: now) else { return .nothing }
        do throws(TokenError) {
            let token = try ConnectToken.inspect(
                hello.sealedToken, keys: configuration.tokenKeys,
                serverID: configuration.serverID, revoked: configuration.revoked,
                wallMilliseconds: wallMilliseconds)
            if hello.isProven(by: token) {
                admit(hello, token, from: address, now: now, replies: &replies)
            } else {
                counters.proofsRefused &+= 1
                suspect(now: now)
            }
        } catch {
            counters.note(error)
            suspect(now: now)
        }
        return .nothing
    }

    /// Whether a source may have more of the server's attention now.
    mutating func hasAttention(
        _ attention: SourceLimits.Attention, for address: NetworkAddress, now: Instant
    ) -> Bool {
        let may = sources.spend(attention, from: address, underLoad: load.isUnderLoad, now: now)
        if !may { counters.sourcesLimited &+= 1 }
        return may
    }

    /// Asks whoever sent a first hello to show that it receives at its address. Keeps nothing.
    private mutating func challenge(
        _ hello: borrowing ClientHello, _ address: NetworkAddress, now: Instant,
        replies: inout DatagramBatch
    ) {
        let cookie = cookieKey.cookie(for: address, nonce: hello.nonce, now: now)
        let reply = CookieReply(nonce: hello.nonce, cookie: cookie)
        guard !replies.isFull else {
            counters.repliesDropped &+= 1
            return
        }
        var bytes = InlineArray<37, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        do throws(CodecError) {
            var writer = ByteWriter(raw._mutatingExtracting(0..<CookieReply.byteCount))
            try reply.encode(into: &writer)
        } catch {
            preconditionFailure("a cookie reply has a fixed length")
        }
        replies.append(raw.bytes, to: address)
        counters.cookiesSent &+= 1
    }

    /// The sender's address is proven and it holds a good token: lets it in, or says why not.
    private mutating func admit(
        _ hello: borrowing ClientHello, _ token: TokenContents, from address: NetworkAddress,
        now: Instant, replies: inout DatagramBatch
    ) {
        let version = ProtocolVersion.common(
            lowest: hello.lowestVersion, highest: hello.highestVersion)
        guard let version else {
            return refuse(.versionMismatch, hello, token, to: address, replies: &replies)
        }
        if let known = slotOfToken[token.id] {
            guard yields(known, to: hello, token, from: address, now: now, replies: &replies)
            else { return }
        }
        guard connectionCount < configuration.maximumConnections else {
            return refuse(.serverFull, hello, token, to: address, replies: &replies)
        }
        guard isAdmitting else {
            counters.joinsRefusedByLoad &+= 1
            return refuse(.overloaded, hello, token, to: address, replies: &replies)
        }
        guard let offer = hello.extensions() else {
            counters.datagramsIgnored &+= 1
            return
        }
        guard joinBudget.spend(now: now, underLoad: load.isUnderLoad) else {
            counters.joinsDeferred &+= 1
            return
        }
        let id = freshConnectionID()
        let answer = ServerHello.answer(
            to: hello, token: token, serverID: configuration.serverID, epoch: configuration.epoch,
            connectionID: id, version: version, offer: offer,
            extensions: HelloExtensions(
                maximumDatagramBytes: configuration.maximumDatagramBytes,
                window: configuration.window), entropy: &entropy)
        guard let answer else {
            counters.proofsRefused &+= 1
            return
        }
        configuration.keyLog?.note(answer.keys, connectionID: id)
        let first = configuration.keyLimits.firstNumber
        var connection = Connection(
            side: .server, id: id, identity: token.identity,
            peerMaximumDatagramBytes: offer.maximumDatagramBytes, address: address,
            sealer: answer.keys.serverSealer(firstNumber: first, ledger: configuration.sealLedger),
            opener: answer.keys.clientOpener(firstNumber: first),
            skipSalt: answer.keys.serverSkipSalt, peerSkipSalt: answer.keys.clientSkipSalt,
            keyLimits: configuration.keyLimits,
            idleTimeout: configuration.joinTimeout, now: now)
        connection.agree(
            own: configuration.window, peer: offer.messageWindow,
            queueLimit: configuration.queueLimit)
        connection.mtu = PathMTU(
            ceiling: min(offer.maximumDatagramBytes, configuration.maximumDatagramBytes))
        connection.budget = configuration.bytesPerSecond.map {
            RateBudget(perSecond: $0, burst: TransportLimits.budgetBurst, now: now)
        }
        occupy(connection, token, hello.nonce, answer.hello, now: now)
        reply(answer.hello.bytes, to: address, replies: &replies)
    }

    /// Whether the connection that a token already has makes way for a new hello.
    private mutating func yields(
        _ index: Int, to hello: borrowing ClientHello, _ token: TokenContents,
        from address: NetworkAddress, now: Instant, replies: inout DatagramBatch
    ) -> Bool {
        let isSameHello = slots[index].helloNonce.matches(hello.nonce)
        guard let unconfirmed = slots[index].unconfirmedHello else {
            // A client's own hello may come late; any other is someone else with the same token.
            if !isSameHello {
                refuse(.alreadyConnected, hello, token, to: address, replies: &replies)
            }
            return false
        }
        if isSameHello {
            if slots[index].connection.address == address {
                // The client is still waiting, so the slot is too: the answer that gets through at
                // last must not lead to a connection that has just been forgotten.
                slots[index].connection.heardAt = now
                schedule(index)
                reply(unconfirmed.bytes, to: address, replies: &replies)
            }
            return false
        }
        guard now - slots[index].startedAt >= Self.contestedJoinGrace else { return false }
        release(index)
        return true
    }

    private mutating func occupy(
        _ connection: consuming Connection, _ token: TokenContents, _ nonce: Code128,
        _ hello: ServerHello,
        now: Instant
    ) {
        generation &+= 1
        let id = connection.id
        let index = slots.insert(
            Slot(
                generation: generation,
                work: RateBudget(
                    perSecond: configuration.packetsPerSecond * TransportLimits.packetWork,
                    burst: TransportLimits.budgetBurst, now: now),
                unconfirmedHello: hello, connection: connection, tokenID: token.id,
                helloNonce: nonce, startedAt: now))
        if index == deadlines.count { deadlines.append(.distantFuture) }
        slotOfID[id] = index
        slotOfToken[token.id] = index
        schedule(index)
        counters.joinsStarted &+= 1
        load.redeem(now: now)
    }

    private mutating func freshConnectionID() -> UInt64 {
        var id = entropy.word()
        while slotOfID[id] != nil { id = entropy.word() }
        return id
    }

    private mutating func refuse(
        _ reason: RefusalReason, _ hello: borrowing ClientHello, _ token: TokenContents,
        to address: NetworkAddress, replies: inout DatagramBatch
    ) {
        counters.joinsRefused &+= 1
        let refusal = JoinRefusal(reason, nonce: hello.nonce, token: token)
        reply(refusal.bytes, to: address, replies: &replies)
    }

    private mutating func reply(
        _ bytes: [UInt8], to address: NetworkAddress, replies: inout DatagramBatch
    ) {
        if replies.isFull {
            counters.repliesDropped &+= 1
        } else {
            replies.append(bytes.rawBytes, to: address)
        }
    }
}
