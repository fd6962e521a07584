// Loss detection and probes after RFC 9002: a packet is lost when newer ones arrived, so many or so
// long ago as `ReorderingTolerance` says; silence is probed and never taken for loss.

import CairnBasics
import CairnWire

extension Connection {
    private static let longestBackoff = 6

    /// True for numbers that this end never uses, so that it can tell who acknowledges blindly.
    func isSkipped(_ number: UInt64) -> Bool { isSkipped(number, salt: skipSalt) }

    /// True for numbers that the end with this salt never uses.
    func isSkipped(_ number: UInt64, salt: UInt64) -> Bool {
        mix64(number ^ salt) % TransportLimits.skippedNumberPeriod == 0
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

    /// What one acknowledgement frame brought.
    private struct Settled {
        var bytes = 0
        var count = 0
        var largest: UInt64 = 0
        var isHonest = true
    }

    /// Reads an acknowledgement frame's body and settles what it names.
    mutating func receiveAcknowledgement(_ body: RawSpan, now: Instant) throws(CloseReason) {
        var settled = Settled()
        let inFlight = sent.bytesInFlight
        do throws(CodecError) {
            var ranges = try AcknowledgementReader(body)
            guard ranges.largest < sent.next else {
                throw CodecError.tooLarge
            }
            let newest = sent.inFlight(ranges.largest)
            while let range = try ranges.nextRange() {
                acknowledge(range, &settled, now: now)
            }
            sent.noteAcknowledged(upTo: ranges.largest)
            if let newest { sample(now - newest.sentAt, delay: ranges.delay, now: now) }
        } catch {
            throw CloseReason(.protocolViolation, "malformed acknowledgement")
        }
        guard settled.isHonest else {
            throw CloseReason(.protocolViolation, "acknowledged a packet that was never sent")
        }
        declareLosses(now: now)
        guard settled.count > 0 else { return }
        probeBackoff = 0
        probesAllowed = 0
        statistics.packetsAcknowledged &+= UInt64(settled.count)
        congestion.acknowledged(
            settled.bytes, count: settled.count, largest: settled.largest, next: sent.next,
            inFlight: inFlight, now: now)
        pacer.set(window: congestion.bytes, cycle: congestion.cycle)
    }

    private mutating func sample(_ span: TimeSpan, delay: TimeSpan, now: Instant) {
        roundTrip.sample(span, delay: delay)
        congestion.sample(span, delay: delay, smoothed: roundTrip.smoothed, now: now)
    }

    /// Settles the packets of a range.
    private mutating func acknowledge(
        _ range: ClosedRange<UInt64>, _ settled: inout Settled, now: Instant
    ) {
        if let lastSkipped, range.contains(lastSkipped) {
            settled.isHonest = false
            return
        }
        var number = max(range.lowerBound, sent.oldestOfInterest)
        while number <= range.upperBound {
            if let packet = sent.inFlight(number) {
                sent.settle(number, arrived: true)
                received.heard(number)
                noteArrival(packet)
                outgoing.acknowledged(parts: packet.parts)
                receipts.append(.acknowledged(number))
                settled.bytes &+= Int(packet.byteCount)
                settled.count &+= 1
                settled.largest = max(settled.largest, number)
            } else if let late = sent.arrivedLate(number) {
                reordering.noteMistake(age: now - late.sentAt, roundTrip)
                congestion.arrivedLate()
                statistics.packetsLate &+= 1
            }
            number &+= 1
        }
    }

    private mutating func noteArrival(_ packet: SentPackets.Packet) {
        guard packet.isProbe else { return mtu.arrived(Int(packet.byteCount)) }
        mtu.confirmed(Int(packet.byteCount))
        congestion.packet = mtu.bytes
    }

    /// Declares lost what is old enough, and works out when the next packet will be.
    mutating func declareLosses(now: Instant) {
        lossDeadline = .distantFuture
        let wait = reordering.wait(roundTrip)
        var number = sent.oldest
        while number < sent.acknowledgedEnd {
            if let packet = sent.inFlight(number) {
                let distance = sent.acknowledgedEnd &- 1 &- number
                if packet.sentAt + wait <= now || reordering.isOvertaken(by: distance) {
                    declareLost(number, now: now)
                } else {
                    // The next ones are younger still.
                    lossDeadline = packet.sentAt + wait
                    return
                }
            }
            number &+= 1
        }
    }

    /// Takes one packet for lost.
    mutating func declareLost(_ number: UInt64, now: Instant) {
        guard let packet = sent.inFlight(number) else { return }
        sent.settle(number, arrived: false)
        received.unheard(number)
        if packet.isProbe {
            mtu.probeLost(Int(packet.byteCount), now: now)
        } else {
            reordering.noteLoss(number, next: sent.next)
            congestion.noteLoss()
            mtu.lost(Int(packet.byteCount), now: now)
            congestion.packet = mtu.bytes
        }
        outgoing.lost(parts: packet.parts)
        receipts.append(.lost(number))
        statistics.packetsLost &+= 1
    }

    /// Nothing was heard for the probe timeout: allows two packets past congestion.
    mutating func allowProbes(now: Instant) {
        probesAllowed = 2
        probedAt = now
        probeBackoff = min(probeBackoff + 1, Self.longestBackoff)
        if probeBackoff >= 2 {
            congestion.collapse(next: sent.next)
            pacer = Pacer()
        }
        outgoing.suspectOldest(datagramBytes: datagramBytes)
    }
}
