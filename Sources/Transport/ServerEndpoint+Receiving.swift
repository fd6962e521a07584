// A sealed packet on its way in: look up its connection, open it, let the connection read its
// frames, and follow the peer when it speaks from a new address. Nothing moves before the seal
// held.

public import CairnBasics
import CairnWire

extension ServerEndpoint {
    /// What a server has any use for: hellos, and sealed packets of either key phase. A socket may
    /// drop all else.
    public static let shapes = [
        DatagramShape(
            firstByte: PacketType.clientHello.rawValue, minimumBytes: ClientHello.byteCount,
            magic: ClientHello.magic.byteSwapped),
        DatagramShape(
            firstByte: PacketType.clientPacket.rawValue, mask: 0xbf,
            minimumBytes: PacketHeader.clientBytes + SealLimits.tagBytes),
    ]

    /// A datagram that will be handed to `handle` soon, two after the next: starts fetching what that
    /// will want. Says nothing, changes nothing, and may be left out.
    /// - Returns: the slot that it seems to be for, so that the caller can fetch its own.
    @discardableResult public mutating func expect(_ datagram: RawSpan) -> Int? {
        if let index = expectedSlot, slots.contains(index) {
            slots[index].connection.opener.prefetch(byteCount: Self.usualBytes)
            slots[index].connection.sent.prefetchOldest()
        }
        expectedSlot = nil
        var reader = ByteReader(datagram)
        guard let type = try? reader.get(UInt8.self),
            PacketType(firstByte: type) == .clientPacket,
            let id = try? reader.get(UInt64.self), let index = slotOfID[id]
        else { return nil }
        slots.prefetch(index)
        expectedSlot = index
        return index
    }

    /// What a client that walks and acknowledges sends.
    private static let usualBytes = 64

    /// The next message from a connection; nil when there is none.
    public mutating func pollMessage(from handle: ConnectionHandle) -> Message? {
        guard let index = live(handle),
            let message = slots[index].connection.incoming.pollMessage()
        else { return nil }
        settleRetained(index)
        return message
    }

    /// The fate of another packet sent on this connection; nil when nothing new is known.
    public mutating func pollReceipt(from handle: ConnectionHandle) -> Receipt? {
        guard let index = live(handle) else { return nil }
        return slots[index].connection.receipts.popFirst()
    }

    /// Takes in a packet that names a connection. Nothing moves before its seal held.
    mutating func handlePacket(
        _ datagram: inout MutableRawSpan, of id: UInt64, lowNumber: UInt32,
        from address: NetworkAddress, now: Instant, replies: inout DatagramBatch
    ) -> Arrival {
        guard let index = slotOfID[id] else {
            counters.datagramsIgnored &+= 1
            suspect(now: now)
            return .nothing
        }
        // Whoever has moved is heard as a stranger until the new path is proven.
        let isStray = address != slots[index].connection.address
        guard !isStray || hasAttention(.stray, for: address, now: now) else { return .nothing }
        guard !slots[index].work.isOverdrawn(now: now) else {
            return throttle(index, now: now, replies: &replies)
        }
        let number = slots[index].connection.number(from: lowNumber)
        let payload: Range<Int>
        do throws(OpeningError) {
            payload = try slots[index].connection.open(
                &datagram, headerBytes: PacketHeader.clientBytes, number: number, now: now)
        } catch {
            counters.note(error)
            // A network may bring a packet twice, but it does not forge.
            if isStray || error == .forged { suspect(now: now) }
            return .nothing
        }
        let isJoining = !slots[index].isJoined
        do throws(CloseReason) {
            let frames = try slots[index].connection.receive(
                datagram.bytes.extracting(payload), now: now)
            try charge(index, frames: frames, now: now)
        } catch {
            return end(index, error, isJoining: isJoining, now: now, replies: &replies)
        }
        if address != slots[index].connection.address {
            follow(
                index, to: address, number: number, room: datagram.byteCount, now: now,
                replies: &replies)
        }
        if isJoining { confirm(index) }
        schedule(index)
        let handle = ConnectionHandle(index: index, generation: slots[index].generation)
        return isJoining
            ? .joined(handle, slots[index].connection.identity)
            : .packet(handle, payload: payload)
    }

    /// The peer sent more than it may: what it sends now costs a look at its budget and nothing else,
    /// and if it does not stop, the connection.
    private mutating func throttle(
        _ index: Int, now: Instant, replies: inout DatagramBatch
    ) -> Arrival {
        counters.packetsThrottled &+= 1
        slots[index].throttledCount &+= 1
        let most = configuration.packetsPerSecond * TransportLimits.throttledSeconds
        guard slots[index].throttledCount > most else { return .nothing }
        return end(
            index, CloseReason(.overrun, "too many packets"), isJoining: !slots[index].isJoined,
            now: now, replies: &replies)
    }

    /// Charges the peer for a packet and what it made this end keep.
    private mutating func charge(
        _ index: Int, frames: Int, now: Instant
    ) throws(CloseReason) {
        slots[index].work.spend(TransportLimits.packetWork &+ frames, now: now)
        if slots[index].throttledCount > 0, slots[index].work.isRested(now: now) {
            slots[index].throttledCount = 0
        }
        settleRetained(index)
        guard !isOverShare(index) else {
            throw CloseReason(.overrun, "more unfinished messages than there is room for")
        }
    }

    /// The client's first genuine packet: it holds the keys, so the join is done.
    private mutating func confirm(_ index: Int) {
        slots[index].unconfirmedHello = nil
        slots[index].connection.idleTimeout = configuration.idleTimeout
        counters.joinsCompleted &+= 1
    }

    /// The peer said goodbye or broke the rules: tells it in the second case, and frees the slot.
    private mutating func end(
        _ index: Int, _ reason: CloseReason, isJoining: Bool, now: Instant,
        replies: inout DatagramBatch
    ) -> Arrival {
        if reason.code == .protocolViolation || reason.code == .overrun {
            counters.violations &+= 1
            sendClose(index, reason, now: now, into: &replies)
        }
        let handle = ConnectionHandle(index: index, generation: slots[index].generation)
        release(index)
        return isJoining ? .nothing : .closed(handle, reason)
    }

    /// A genuine packet from another address: moves there if it answers a challenge, else sends
    /// one, never more bytes than came.
    private mutating func follow(
        _ index: Int, to address: NetworkAddress, number: UInt64, room: Int, now: Instant,
        replies: inout DatagramBatch
    ) {
        if let response = slots[index].connection.arrivedPathResponse,
            slots[index].connection.path.accept(response, from: address)
        {
            slots[index].connection.move(to: address)
            return
        }
        // Only the newest packet may open a path: an older one is late, or was copied on its way.
        guard slots[index].connection.received.next == number &+ 1,
            room >= Self.challengeBytes, !replies.isFull,
            let challenge = slots[index].connection.path.challenge(
                for: address, now: now, entropy: &entropy)
        else { return }
        slots[index].connection.sendAlone(
            &packet, to: address, now: now, into: &replies, .pathChallenge, capacity: 8
        ) { (writer) throws(CodecError) in try writer.put(challenge) }
        counters.pathChallengesSent &+= 1
    }

    /// A packet with nothing but a path challenge: header, frame head, eight bytes, tag.
    private static let challengeBytes = PacketHeader.serverBytes + 2 + 8 + SealLimits.tagBytes
}
