// How a packet comes about: header, acknowledgement, answers, messages, then whatever the
// endpoint's caller appends. Nothing here allocates; a number is used up only when its packet is
// sealed.

import CairnBasics
import CairnWire

extension Connection {
    /// The largest acknowledgement frame body: varints of 10 and 5 bytes and the ranges.
    private static let acknowledgementBytes = 15 + TransportLimits.acknowledgedRanges * 4

    /// True when something waits that the application need not add to.
    func needsPacket(holdingAcknowledgements: Bool = false, now: Instant) -> Bool {
        if isKeyWorn { return !phases.saidFarewell }
        if isQuiet(now: now) { return isQuietProbeDue(now: now) }
        if received.owesAcknowledgement && !holdingAcknowledgements { return true }
        guard mayElicit(now: now) else { return false }
        return (outgoing.hasSendable && mayStreamsSend(now: now)) || probesAllowed > 0
            || pendingPong != nil || pendingPathResponse != nil || isPingDue(now: now)
    }

    /// True when the peer has asked whether this end receives where it is, and waits.
    func owesPathResponse() -> Bool { pendingPathResponse != nil }

    /// True when congestion and pace allow another packet that the peer has to acknowledge.
    private func mayElicit(now: Instant) -> Bool {
        if let budget, budget.isOverdrawn(now: now) { return false }
        return probesAllowed > 0 || (hasWindow(beside: 0) && pacer.mayApplicationSend(now: now))
    }

    /// True when messages may go as well: they keep to the pace, and leave an application that speaks
    /// every tick some of the window.
    private func mayStreamsSend(now: Instant) -> Bool {
        probesAllowed > 0
            || (hasWindow(beside: windowKept(now: now)) && pacer.mayStreamsSend(now: now))
    }

    private func hasWindow(beside kept: Int) -> Bool {
        guard sent.hasRoom else { return false }
        let room = congestion.bytes &- kept
        return sent.bytesInFlight == 0 || sent.bytesInFlight &+ datagramBytes <= room
    }

    /// Bytes of the window that messages leave to the application's own frames.
    private func windowKept(now: Instant) -> Int {
        guard now - applicationAt < TransportLimits.applicationPause else { return 0 }
        return min(congestion.bytes / 2, TransportLimits.applicationWindow)
    }

    /// When `needsPacket` will next be true without anything coming in.
    func nextPacketAt() -> Instant {
        if received.owesAcknowledgement { return heardAt }
        var at = side == .client ? clock.nextPing : .distantFuture
        if pendingPong != nil || pendingPathResponse != nil || probesAllowed > 0 { at = heardAt }
        guard outgoing.hasSendable, hasWindow(beside: 0) else { return at }
        if hasWindow(beside: TransportLimits.applicationWindow) || probesAllowed > 0 {
            return min(at, pacer.nextStreamPacket)
        }
        return min(
            at, max(pacer.nextStreamPacket, applicationAt + TransportLimits.applicationPause))
    }

    /// The largest datagram that this end sends now: after a silence, one that is sure to fit.
    var datagramBytes: Int { probesAllowed > 0 ? PathMTU.base : mtu.bytes }

    /// The size of the probe of the path's MTU that is due, if so much waits that it is worth one.
    private func probeBytes(now: Instant) -> Int? {
        guard probesAllowed == 0, outgoing.queuedBytes >= PathMTU.worthwhile,
            let size = mtu.probe(now: now), size <= congestion.bytes / 4
        else { return nil }
        return size
    }

    private func isPingDue(now: Instant) -> Bool { side == .client && clock.nextPing <= now }

    /// Starts a packet with what the transport has to say.
    /// - Returns: false when nothing may be sent now.
    mutating func begin(
        _ packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        if isKeyWorn { return beginFarewell(&packet) }
        guard receipts.count < TransportLimits.receipts else { return false }
        if isQuiet(now: now) { return beginQuietProbe(&packet, now: now) }
        let mayElicit = mayElicit(now: now)
        guard mayElicit || received.owesAcknowledgement else { return false }
        advanceKey(now: now)
        let mayStreamsSend = mayElicit && mayStreamsSend(now: now)
        let probe = reserve == 0 && mayStreamsSend ? probeBytes(now: now) : nil
        start(&packet, mayElicit: mayElicit, datagramBytes: probe)
        if received.owesAcknowledgement {
            appendAcknowledgement(&packet, now: now)
        }
        guard packet.mayElicit else { return true }
        appendAnswers(&packet, now: now)
        if probe != nil {
            appendPing(&packet, now: now)
            packet.padToProbe()
            return true
        }
        if mayStreamsSend { outgoing.fill(&packet, reserving: reserve, now: now) }
        if isPingDue(now: now) || (probesAllowed > 0 && !packet.elicits) {
            appendPing(&packet, now: now)
        }
        return true
    }

    /// Starts a packet with nothing but its header, of the usual size if no other is given.
    func start(
        _ packet: inout PacketScratch, mayElicit: Bool, datagramBytes: Int? = nil
    ) {
        packet.begin(
            number: nextNumber(), connectionID: side == .client ? id : nil, mayElicit: mayElicit,
            datagramBytes: datagramBytes ?? self.datagramBytes)
    }

    /// The last packet under a worn key says so, once.
    private mutating func beginFarewell(_ packet: inout PacketScratch) -> Bool {
        guard !phases.saidFarewell, !isKeySpent else { return false }
        phases.saidFarewell = true
        start(&packet, mayElicit: false)
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
        guard !isKeyWorn || type == .close else { return }
        start(&packet, mayElicit: true)
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

    private func nextNumber() -> UInt64 {
        var number = sent.next
        while isSkipped(number) { number &+= 1 }
        return number
    }

    private mutating func remember(_ packet: PacketScratch, byteCount: Int, now: Instant) {
        while sent.next < packet.number {
            lastSkipped = sent.next
            record(sent.next, SentPackets.Packet(), now: now)
        }
        record(
            packet.number,
            SentPackets.Packet(
                sentAt: now, firstPart: packet.parts.lowerBound,
                partCount: UInt16(truncatingIfNeeded: packet.parts.count),
                byteCount: UInt16(truncatingIfNeeded: byteCount),
                state: packet.elicits ? .inFlight : .settled, isProbe: packet.isProbe), now: now)
        if packet.isProbe { mtu.probeSent() }
        if packet.elicits {
            pacer.sent(byteCount, now: now)
            received.sent(packet.number)
        }
        if packet.carriesApplication { applicationAt = now }
        statistics.packetsSent &+= 1
        statistics.bytesSent &+= UInt64(byteCount)
        budget?.spend(byteCount, now: now)
        if packet.elicits, probesAllowed > 0 { probesAllowed &-= 1 }
    }

    private mutating func record(
        _ number: UInt64, _ packet: SentPackets.Packet, now: Instant
    ) {
        if let old = sent.displaced(by: number) { declareLost(old, now: now) }
        sent.record(number, packet)
    }

    private mutating func appendAcknowledgement(_ packet: inout PacketScratch, now: Instant) {
        let fits = Self.append(received, to: &packet, now: now)
        if fits {
            received.settle()
            received.told(in: packet.number)
            phases.hasAcknowledged = true
        }
    }

    private static func append(
        _ received: borrowing ReceivedPackets, to packet: inout PacketScratch, now: Instant
    ) -> Bool {
        packet.append(.acknowledgement, capacity: acknowledgementBytes) {
            (writer) throws(CodecError) in
            try received.encodeAcknowledgement(into: &writer, now: now)
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

    mutating func appendPing(_ packet: inout PacketScratch, now: Instant) {
        let ping = Ping(sent: UInt64(bitPattern: now.nanoseconds))
        let fits = packet.append(.ping, capacity: Ping.byteCount) {
            (writer) throws(CodecError) in try ping.encode(into: &writer)
        }
        if fits, side == .client { clock.noteSent(now: now) }
    }
}
