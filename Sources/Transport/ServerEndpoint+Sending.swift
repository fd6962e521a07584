// The caller's side of sending: messages are queued, everything else goes into the one
// packet that is begun, filled and finished. Nothing here allocates but `send`.

public import CairnBasics
public import CairnWire

extension ServerEndpoint {
    /// Queues a message.
    ///
    /// - Parameter now: from when on an unreliable message grows old.
    /// - Returns: false, and nothing is queued, when the connection is gone, a reliable message finds
    ///   the window full (try again when some were acknowledged), or it is longer than its delivery
    ///   allows: `TransportLimits.messageBytes`, or `datagramMessageBytes` where it may be lost.
    public mutating func send(
        _ message: [UInt8], delivery: Delivery, priority: Priority = .normal,
        to handle: ConnectionHandle, now: Instant
    ) -> Bool {
        guard let index = live(handle), !isOverShare(index, adding: message.count),
            slots[index].connection.outgoing.send(
                message, delivery: delivery, priority: priority, now: now)
        else { return false }
        settleRetained(index)
        return true
    }

    /// Queues a message of ordinary priority on an ordered stream.
    public mutating func send(
        _ message: [UInt8], stream: UInt8, to handle: ConnectionHandle
    ) -> Bool {
        send(message, delivery: .ordered(stream: stream), to: handle, now: .zero)
    }

    /// True when acknowledgements, messages, answers or probes wait: send a packet even if the
    /// application has nothing to add.
    ///
    /// - Parameter holdingAcknowledgements: whether those alone are no reason, for a caller that sends
    ///   a packet soon in any case: within 100 ms of what they acknowledge.
    public func needsPacket(
        to handle: ConnectionHandle, holdingAcknowledgements: Bool = false, now: Instant
    ) -> Bool {
        guard let index = live(handle) else { return false }
        return slots[index].connection.needsPacket(
            holdingAcknowledgements: holdingAcknowledgements, now: now)
    }

    /// When `needsPacket` will next be true of itself, for callers that send between their steps too.
    public func nextPacket(to handle: ConnectionHandle) -> Instant {
        live(handle).map { slots[$0].connection.nextPacketAt() } ?? .distantFuture
    }

    /// Starts a packet: acknowledgements, answers, then messages that are due.
    ///
    /// Finish it before anything else is asked of this endpoint.
    /// - Parameter reserve: bytes to keep free of messages, so that a long message does not crowd
    ///   out the application's frames.
    /// - Returns: false when congestion leaves no room and nothing has to be acknowledged. When
    ///   true, `packetRoom` may still be 0: then the packet carries acknowledgements alone.
    public mutating func beginPacket(
        to handle: ConnectionHandle, reserving reserve: Int = 0, now: Instant
    ) -> Bool {
        guard let index = live(handle) else { return false }
        packetSlot = index
        fetchAhead(of: index)
        return slots[index].connection.begin(&packet, reserving: reserve, now: now)
    }

    /// Whoever sends to everybody goes from slot to slot, so the next ones will be wanted.
    private func fetchAhead(of index: Int) {
        slots.prefetch(index &+ 2)
        let next = index &+ 1
        guard slots.contains(next) else { return }
        slots[next].connection.sealer.prefetch(byteCount: DatagramBatch.datagramBytes)
        slots[next].connection.sent.prefetchNext()
    }

    /// The largest frame body that is sure to fit the packet begun.
    public var packetRoom: Int { packet.room }

    /// Appends a frame to the packet begun; false, and nothing changes, when it does not fit.
    public mutating func appendFrame(_ type: FrameType, _ body: RawSpan) -> Bool {
        packet.append(type, body)
    }

    /// Seals the packet begun and adds it to `batch`.
    /// - Returns: its number, for `pollReceipt`; nil when it was empty, and then nothing is sent.
    /// - Precondition: a packet was begun, and the batch is not full.
    public mutating func finishPacket(
        now: Instant, into batch: inout DatagramBatch
    ) -> UInt64? {
        let number = slots[packetSlot].connection.finish(&packet, now: now, into: &batch)
        if packet.elicits, number != nil {
            slots[packetSlot].work.spend(-2 &* TransportLimits.packetWork, now: now)
        }
        schedule(packetSlot)
        return number
    }

    /// Ends a connection and tells the peer, once; a peer that misses it falls silent and idles
    /// out.
    public mutating func close(
        _ handle: ConnectionHandle, _ reason: CloseReason, now: Instant,
        into batch: inout DatagramBatch
    ) {
        guard let index = live(handle) else { return }
        sendClose(index, reason, now: now, into: &batch)
        release(index)
    }

    mutating func sendClose(
        _ index: Int, _ reason: CloseReason, now: Instant, into batch: inout DatagramBatch
    ) {
        slots[index].connection.sendClose(&packet, reason, now: now, into: &batch)
    }
}
