// Loss detection and probes after RFC 9002: a packet is lost when three newer ones arrived or when
// one newer arrived 9/8 of a round trip ago; silence is probed and never taken for loss.

import CairnBasics
import CairnWire

extension Connection {
    /// Packets that must arrive after one before it counts as lost (RFC 9002, section 6.1.1).
    private static let reorderingThreshold: UInt64 = 3
    private static let longestBackoff = 6

    /// True for numbers that this end never uses, so that it can tell who acknowledges blindly.
    func isSkipped(_ number: UInt64) -> Bool {
        mix64(number ^ skipSalt) % TransportLimits.skippedNumberPeriod == 0
    }

    /// When a silence will be probed; never while nothing is in flight.
    var probeDeadline: Instant {
        guard sent.bytesInFlight > 0 else { return .distantFuture }
        // Until the peer has answered once, it may not know that the join is done, and forgets it soon.
        let longest =
            sent.acknowledgedEnd == keyLimits.firstNumber
            ? TransportLimits.longestFirstProbeTimeout : TransportLimits.longestProbeTimeout
        let wait = min(roundTrip.probeTimeout * (1 << Int64(probeBackoff)), longest)
        return max(sent.lastElicitingAt, probedAt) + wait
    }

    /// Reads an acknowledgement frame's body and settles what it names.
    mutating func receiveAcknowledgement(_ body: RawSpan, now: Instant) throws(CloseReason) {
        var isHonest = true
        do throws(CodecError) {
            var ranges = try AcknowledgementReader(body)
            guard ranges.largest < sent.next else {
                throw CodecError.tooLarge
            }
            let newest = sent.inFlight(ranges.largest)
            while let range = try ranges.nextRange() {
                isHonest = acknowledge(range) && isHonest
            }
            sent.noteAcknowledged(upTo: ranges.largest)
            if let newest { roundTrip.sample(now - newest.sentAt, delay: ranges.delay) }
        } catch {
            throw CloseReason(.protocolViolation, "malformed acknowledgement")
        }
        guard isHonest else {
            throw CloseReason(.protocolViolation, "acknowledged a packet that was never sent")
        }
        declareLosses(now: now)
    }

    /// Settles the packets of a range; false when it names a number that was skipped.
    private mutating func acknowledge(_ range: ClosedRange<UInt64>) -> Bool {
        if let lastSkipped, range.contains(lastSkipped) { return false }
        var number = max(range.lowerBound, sent.oldest)
        while number <= range.upperBound {
            if let packet = sent.inFlight(number) {
                congestion.acknowledged(
                    Int(packet.byteCount), number: number, inFlight: sent.bytesInFlight)
                sent.settle(number)
                if packet.carriesFragments { outgoing.acknowledged(packet: number) }
                receipts.append(.acknowledged(number))
                statistics.packetsAcknowledged &+= 1
                probeBackoff = 0
                probesAllowed = 0
            }
            number &+= 1
        }
        return true
    }

    /// Declares lost what is old enough, and works out when the next packet will be.
    mutating func declareLosses(now: Instant) {
        lossDeadline = .distantFuture
        let delay = roundTrip.lossDelay
        var number = sent.oldest
        while number < sent.acknowledgedEnd {
            if let packet = sent.inFlight(number) {
                let isOvertaken =
                    sent.acknowledgedEnd &- 1 &- number >= Self.reorderingThreshold
                if isOvertaken || packet.sentAt + delay <= now {
                    declareLost(number)
                } else {
                    lossDeadline = min(lossDeadline, packet.sentAt + delay)
                }
            }
            number &+= 1
        }
    }

    /// Takes one packet for lost.
    mutating func declareLost(_ number: UInt64) {
        guard let packet = sent.inFlight(number) else { return }
        sent.settle(number)
        congestion.lost(number: number, next: sent.next)
        if packet.carriesFragments { outgoing.lost(packet: number) }
        receipts.append(.lost(number))
        statistics.packetsLost &+= 1
    }

    /// Nothing was heard for the probe timeout: allows two packets past congestion.
    mutating func allowProbes(now: Instant) {
        probesAllowed = 2
        probedAt = now
        probeBackoff = min(probeBackoff + 1, Self.longestBackoff)
        if probeBackoff >= 2 { congestion.collapse(next: sent.next) }
        outgoing.suspectAll()
    }
}
