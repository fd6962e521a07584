// What the client says. One packet a tick of the world carries everything: the newest inputs and the
// few before them, acknowledgements, and what the reliable stream owes.

public import CairnBasics
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

extension WorldClient {
    /// Inputs in one packet: the newest and a few that may have been lost on the way.
    static let inputsPerPacket = 4

    /// Lets time pass and writes what is due.
    ///
    /// - Returns: True when there is something in the batch to send; call again until false.
    /// - Precondition: the batch is empty.
    public mutating func pollTransmit(into batch: inout DatagramBatch, now: Instant) -> Bool {
        if let reason = endpoint.handleTimeout(now: now) { end(reason) }
        guard ended == nil else { return false }
        settleBeside(now: now)
        // Packets may stay away while nothing happens here; time passes for the replica all the same.
        if let serverTick = playback?.serverTick(now: now) {
            replica?.advance(to: serverTick)
            takeReplicaEvents()
        }
        settleReturn(now: now)
        settleForesight(now: now)
        sendEdits(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        candidate?.pollHandshake(now: now, into: &batch)
        if candidate?.handleTimeout(now: now) != nil { candidate = nil }
        if endpoint.state == .connected { writePackets(into: &batch, now: now) }
        countSent(batch)
        return !batch.isEmpty
    }

    /// True when the server waits to hear that this client receives where it is now: call
    /// `pollTransmit` at once, and not at the next frame.
    public var owesPathResponse: Bool { endpoint.owesPathResponse }

    /// Puts a message on the reliable stream; nothing but the first is said before the client is in
    /// the world.
    mutating func send(_ message: ClientMessage) {
        guard ended == nil else { return }
        let bytes = try? encodeBytes(capacity: ClientMessage.byteLimit) {
            (writer) throws(CodecError) in try message.encode(into: &writer)
        }
        guard let bytes else { return }
        if !endpoint.send(bytes, stream: ClientMessage.stream) {
            end(CloseReason(.overrun, "more was said than the server takes in"))
        }
    }

    private mutating func writePackets(into batch: inout DatagramBatch, now: Instant) {
        // An application whose frames do not fall on ticks sends an input up to a quarter of a tick
        // early rather than most of a tick late.
        let isInputDue =
            isPresent && (now + inputPeriod / 4 >= nextInputAt || mayTurnEarly(now: now))
        if isInputDue { makeInput(now: now) }
        var owesMotion = isInputDue && (steering.isSteering || claim != nil)
        while owesMotion || endpoint.needsPacket(now: now) {
            guard !batch.isFull, endpoint.beginPacket(now: now) else { return }
            if owesMotion { writeMotion() }
            owesMotion = false
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { return }
        }
    }

    /// Whoever starts, stops or turns does not wait for the next input's time: half a tick on average,
    /// and a whole one when the two ends' ticks lie badly. Once in a tick at most, and the inputs
    /// after it are counted from there, so a hand that never rests sends no more for it.
    private mutating func mayTurnEarly(now: Instant) -> Bool {
        guard steering.hasTurned, now - (turnedAt ?? now - inputPeriod) >= inputPeriod,
            let lastInputAt, now - lastInputAt >= .milliseconds(1)
        else { return false }
        turnedAt = now
        nextInputAt = now
        return true
    }

    /// Turns the application's wish into the inputs of this tick and applies them at once.
    ///
    /// While the server dilates time an input is due when the server's tick is, and lasts as long as
    /// the world's time does that passes meanwhile.
    private mutating func makeInput(now: Instant) {
        let scale = playback?.timeScale ?? 1
        let period = TimeSpan(nanoseconds: Int64(Double(inputPeriod.nanoseconds) / scale))
        nextInputAt = max(nextInputAt + period, now)
        let passed = now - (lastInputAt ?? now - inputPeriod)
        lastInputAt = now
        guard steering.isSteering else { return }
        steering.hasTurned = false
        // From the first input on, or else those before the first answer would be missed.
        if prediction == nil, let toldMotion, let ownLimits {
            prediction = Prediction(motion: toldMotion, limits: ownLimits)
        }
        let worldTime = TimeSpan(nanoseconds: Int64(Double(passed.nanoseconds) * scale))
        // A client that slept does not catch up: nobody saw where it would have walked.
        inputClock.add(min(worldTime, .milliseconds(250)))
        while let milliseconds = inputClock.next() {
            makeInput(milliseconds: milliseconds, scale: scale, now: now)
        }
    }

    private mutating func makeInput(milliseconds: UInt8, scale: Double, now: Instant) {
        let input = SteeringInput(
            sequence: nextSequence, durationMilliseconds: milliseconds,
            velocity: steering.velocity, orientation: steering.orientation,
            animation: steering.animation)
        nextSequence &+= 1
        prediction?.apply(input, timeScale: scale, now: now)
        if recentInputs.count == Self.inputsPerPacket { recentInputs.removeFirst() }
        recentInputs.append(input)
    }

    private mutating func writeMotion() {
        if let claim {
            let body = try? encodeBytes(capacity: PoseClaim.encodedByteCount) {
                (writer) throws(CodecError) in try claim.encode(into: &writer)
            }
            if let body { _ = endpoint.appendFrame(.poseClaim, body.rawBytes) }
            self.claim = nil
            return
        }
        let inputs = recentInputs
        let body = try? encodeBytes(capacity: inputs.count * SteeringInput.encodedByteCount) {
            (writer) throws(CodecError) in
            for input in inputs { try input.encode(into: &writer) }
        }
        if let body { _ = endpoint.appendFrame(.steering, body.rawBytes) }
    }

    private mutating func countSent(_ batch: borrowing DatagramBatch) {
        for index in 0..<batch.count { counted.bytesSent &+= UInt64(batch.byteCount(index)) }
    }
}
