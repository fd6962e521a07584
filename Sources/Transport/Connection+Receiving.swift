import CairnBasics
import CairnWire

/// Why a packet was not opened.
enum OpeningError: Error {
    /// Its number was used or is too old.
    case replayed
    /// Its seal does not hold.
    case forged
}

extension Connection {
    /// Opens a datagram in place. Only a counter moves when that fails.
    /// - Returns: where its frames are.
    mutating func open(
        _ datagram: inout MutableRawSpan, headerBytes: Int, number: UInt64, now: Instant
    ) throws(OpeningError) -> Range<Int> {
        guard received.isFresh(number) else {
            statistics.replaysRefused &+= 1
            throw .replayed
        }
        let payload = openUnderKeys(&datagram, headerBytes: headerBytes, number: number, now: now)
        guard let payload else {
            statistics.forgeriesRefused &+= 1
            throw .forged
        }
        let expected = received.next
        received.record(number, now: now)
        if number != expected { noteMissing(from: expected, to: number) }
        heardAt = now
        statistics.packetsReceived &+= 1
        statistics.bytesReceived &+= UInt64(datagram.byteCount)
        return payload
    }

    /// Keeps count of the peer's packets that are still to come, or lost.
    private mutating func noteMissing(from expected: UInt64, to number: UInt64) {
        guard number > expected else {
            statistics.packetsMissing =
                statistics.packetsMissing > 0 ? statistics.packetsMissing &- 1 : 0
            return
        }
        // Beyond the replay window each number counts: nobody loses so much in a row and goes on.
        let looked = min(number &- expected, UInt64(TransportLimits.replayWindow))
        var missing = number &- expected
        for offset in 0..<looked where isSkipped(expected &+ offset, salt: peerSkipSalt) {
            missing &-= 1
        }
        statistics.packetsMissing &+= missing
    }

    /// Reads the transport's frames of an opened packet and leaves the application's alone.
    /// - Returns: how many frames there were.
    /// - Throws: why the connection must end: the peer's goodbye, or what it did wrong.
    @discardableResult
    mutating func receive(_ payload: RawSpan, now: Instant) throws(CloseReason) -> Int {
        arrivedPathResponse = nil
        var count = 0
        var frames = FrameReader(payload)
        while let frame = try Self.next(&frames) {
            if frame.type.isAckEliciting { received.owe() }
            if frame.type.isTransport { try receive(frame, now: now) }
            count &+= 1
        }
        return count
    }

    @_lifetime(copy frames)
    private static func next(_ frames: inout FrameReader) throws(CloseReason) -> Frame? {
        do throws(CodecError) {
            return try frames.next()
        } catch {
            throw CloseReason(.protocolViolation, "malformed frame")
        }
    }

    private mutating func receive(_ frame: borrowing Frame, now: Instant) throws(CloseReason) {
        switch frame.type {
        case .acknowledgement:
            try receiveAcknowledgement(frame.body, now: now)
        case .orderedMessage:
            try incoming.receive(frame.body, isOrdered: true)
        case .unorderedMessage:
            try incoming.receive(frame.body, isOrdered: false)
        case .unreliableMessage:
            incoming.receiveUnreliable(frame.body)
        case .sequencedMessage:
            try incoming.receiveSequenced(frame.body)
        case .close:
            throw Self.goodbye(frame.body)
        default:
            do throws(CodecError) {
                var reader = ByteReader(frame.body)
                try receiveWord(frame.type, &reader, now: now)
            } catch {
                throw CloseReason(.protocolViolation, "malformed frame \(frame.type.rawValue)")
            }
        }
    }

    /// What a close frame says; one that cannot be read still closes.
    private static func goodbye(_ body: RawSpan) -> CloseReason {
        var reader = ByteReader(body)
        do throws(CodecError) {
            return try CloseReason(decoding: &reader)
        } catch {
            return CloseReason(.protocolViolation, "malformed close")
        }
    }

    private mutating func receiveWord(
        _ type: FrameType, _ reader: inout ByteReader, now: Instant
    ) throws(CodecError) {
        switch type {
        case .ping:
            // The newest ping replaces one not yet answered, so that pings cannot pile up.
            pendingPong = (try Ping(decoding: &reader), now)
        case .pong:
            let pong = try Pong(decoding: &reader)
            if side == .client { clock.receive(pong, now: now) }
        case .pathChallenge:
            pendingPathResponse = try reader.get(UInt64.self)
        case .pathResponse:
            arrivedPathResponse = try reader.get(UInt64.self)
        default:
            break
        }
    }
}
