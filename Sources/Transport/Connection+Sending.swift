// How a packet comes about: header, acknowledgement, answers, fragments, then whatever the
// endpoint's caller appends. Nothing here allocates; a number is used up only when its packet is
// sealed.

import CairnBasics
import CairnWire

extension Connection {
    /// The largest acknowledgement frame body: varints of 10 and 5 bytes and the ranges.
    private static let acknowledgementBytes = 15 + TransportLimits.acknowledgedRanges * 4

    /// True when something waits that the application need not add to.
    func needsPacket(now: Instant) -> Bool {
        if isKeyWorn { return !phases.saidFarewell }
        if received.owesAcknowledgement { return true }
        guard mayElicit else { return false }
        return outgoing.hasSendable || probesAllowed > 0 || pendingPong != nil
            || pendingPathResponse != nil || isPingDue(now: now)
    }

    /// True when the peer has asked whether this end receives where it is, and waits.
    func owesPathResponse() -> Bool { pendingPathResponse != nil }

    /// True when congestion allows another packet that the peer has to acknowledge.
    private var mayElicit: Bool {
        probesAllowed > 0
            || sent.bytesInFlight &+ DatagramBatch.datagramBytes <= congestion.bytes
    }

    private func isPingDue(now: Instant) -> Bool { side == .client && clock.nextPing <= now }

    /// Starts a packet with what the transport has to say.
    /// - Returns: false when nothing may be sent now.
    mutating func begin(
        _ packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        if isKeyWorn { return beginFarewell(&packet) }
        guard receipts.count < TransportLimits.receipts else { return false }
        guard mayElicit || received.owesAcknowledgement else { return false }
        advanceKey(now: now)
        packet.begin(number: nextNumber(), connectionID: headerID, mayElicit: mayElicit)
        if received.owesAcknowledgement {
            appendAcknowledgement(&packet, now: now)
        }
        guard packet.mayElicit else { return true }
        appendAnswers(&packet, now: now)
        outgoing.fill(&packet, reserving: reserve)
        if isPingDue(now: now) || (probesAllowed > 0 && !packet.elicits) {
            appendPing(&packet, now: now)
        }
        return true
    }

    /// The last packet under a worn key says so, once.
    private mutating func beginFarewell(_ packet: inout PacketScratch) -> Bool {
        guard !phases.saidFarewell, !isKeySpent else { return false }
        phases.saidFarewell = true
        packet.begin(number: nextNumber(), connectionID: headerID, mayElicit: false)
        return packet.append(.close, capacity: 3) { (writer) throws(CodecError) in
            try CloseReason(.keyExhausted).encode(into: &writer)
        }
    }

    /// Seals the packet and remembers it; nil when it was empty and given up.
    mutating func finish(
        _ packet: inout PacketScratch, now: Instant, into batch: inout DatagramBatch
    ) -> UInt64? {
        guard packet.hasFrames else {
            packet.discard()
            return nil
        }
        let byteCount = packet.finish(&sealer, to: address, into: &batch)
        remember(packet, byteCount: byteCount, now: now)
        return packet.number
    }

    /// Seals one packet with one frame, past congestion: a goodbye or a path challenge.
    mutating func sendAlone(
        _ packet: inout PacketScratch, to address: NetworkAddress, now: Instant,
        into batch: inout DatagramBatch, _ type: FrameType, capacity: Int,
        _ encode: (inout ByteWriter) throws(CodecError) -> Void
    ) {
        guard !batch.isFull, !isKeySpent, !phases.saidFarewell else { return }
        packet.begin(number: nextNumber(), connectionID: headerID, mayElicit: true)
        guard packet.append(type, capacity: capacity, encode) else {
            packet.discard()
            return
        }
        let byteCount = packet.finish(&sealer, to: address, into: &batch)
        remember(packet, byteCount: byteCount, now: now)
    }

    /// Seals the goodbye.
    mutating func sendClose(
        _ packet: inout PacketScratch, _ reason: CloseReason, now: Instant,
        into batch: inout DatagramBatch
    ) {
        let capacity = 2 + 1 + CloseReason.maximumTextBytes
        sendAlone(&packet, to: address, now: now, into: &batch, .close, capacity: capacity) {
            (writer) throws(CodecError) in try reason.encode(into: &writer)
        }
    }

    private var headerID: UInt64? { side == .client ? id : nil }

    private func nextNumber() -> UInt64 {
        var number = sent.next
        while isSkipped(number) { number &+= 1 }
        return number
    }

    private mutating func remember(_ packet: PacketScratch, byteCount: Int, now: Instant) {
        while sent.next < packet.number {
            lastSkipped = sent.next
            record(sent.next, SentPackets.Packet())
        }
        record(
            packet.number,
            SentPackets.Packet(
                sentAt: now, byteCount: UInt16(truncatingIfNeeded: byteCount),
                isInFlight: packet.elicits, carriesFragments: packet.carriesFragments))
        statistics.packetsSent &+= 1
        statistics.bytesSent &+= UInt64(byteCount)
        if packet.elicits, probesAllowed > 0 { probesAllowed &-= 1 }
    }

    private mutating func record(_ number: UInt64, _ packet: SentPackets.Packet) {
        if let old = sent.displaced(by: number) { declareLost(old) }
        sent.record(number, packet)
    }

    private mutating func appendAcknowledgement(_ packet: inout PacketScratch, now: Instant) {
        let received = received
        let fits = packet.append(.acknowledgement, capacity: Self.acknowledgementBytes) {
            (writer) throws(CodecError) in
            try received.encodeAcknowledgement(into: &writer, now: now)
        }
        if fits {
            self.received.settle()
            phases.hasAcknowledged = true
        }
    }

    /// Answers what the peer asked: at most one ping and one path challenge are ever pending.
    private mutating func appendAnswers(_ packet: inout PacketScratch, now: Instant) {
        if let (ping, receivedAt) = pendingPong {
            let pong = Pong(
                echoed: ping.sent, received: UInt64(bitPattern: receivedAt.nanoseconds),
                answered: UInt64(bitPattern: now.nanoseconds))
            let fits = packet.append(.pong, capacity: Pong.byteCount) {
                (writer) throws(CodecError) in try pong.encode(into: &writer)
            }
            if fits { pendingPong = nil }
        }
        if let response = pendingPathResponse {
            let fits = packet.append(.pathResponse, capacity: 8) {
                (writer) throws(CodecError) in try writer.put(response)
            }
            if fits { pendingPathResponse = nil }
        }
    }

    private mutating func appendPing(_ packet: inout PacketScratch, now: Instant) {
        let ping = Ping(sent: UInt64(bitPattern: now.nanoseconds))
        let fits = packet.append(.ping, capacity: Ping.byteCount) {
            (writer) throws(CodecError) in try ping.encode(into: &writer)
        }
        if fits, side == .client { clock.noteSent(now: now) }
    }
}
