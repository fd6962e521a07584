// A client with a good token and no manners: it joins as any client does, and then says whatever its
// habit has it say, as fast as its connection carries. It comes back whenever it is thrown out.

import CairnAnchors
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnTransport
import CairnWire
import CairnWorld

/// What a hostile client does all the time.
public enum HostileHabit: CaseIterable, Sendable {
    /// Nothing by itself: only what a test puts into its outbox.
    case silent
    /// The same, without a body.
    case watching
    /// Frames of any type, the server's own among them, with any bytes.
    case frameNoise
    /// Steering inputs and pose claims with bits flipped and ends cut off.
    case mutatedFrames
    case messageNoise
    case mutatedMessages
    /// Good messages in any order: intents before it has entered, entering again and again.
    case disorder
    /// Intents with any entity, field and value.
    case wildIntents
    /// Intents that are each good, as many as go out.
    case intentFlood
    /// The same at a pace that nothing but its rate is wrong with.
    case haste
    case speechFlood
    case steeringFlood
    case teleports
    case looks
    case sightings
    /// Parts of messages that never end, and parts out of place.
    case unfinished

    /// Who must do it for it to get past the first check.
    var role: ClientRole {
        switch self {
        case .teleports, .sightings: .device
        case .looks, .watching: .spectator
        default: .player
        }
    }

    /// Whether it starts with a proper entrance.
    var entersFirst: Bool {
        switch self {
        case .silent, .watching, .messageNoise, .disorder: false
        default: true
        }
    }
}

public final class HostileActor {
    public let habit: HostileHabit
    let identity: UInt64
    let address: NetworkAddress
    var random: SeededRandom
    private var endpoint: ClientEndpoint?
    /// False once it has been told to go away for good.
    public var isActive = true

    /// Frames and messages that wait to be sent.
    public var frames: [(type: FrameType, body: [UInt8])] = []
    public var messages: [[UInt8]] = []
    /// How many went out, over all sessions.
    public private(set) var sentFrames = 0
    public private(set) var sentMessages = 0
    /// What came back.
    public private(set) var joins = 0
    public private(set) var endings: [CloseReason] = []
    public private(set) var welcomes: [EntityID] = []
    public private(set) var accepted = 0
    public private(set) var refusals: [Refusal.Rule: Int] = [:]
    public private(set) var heard = 0
    private var firstJoin = Instant.distantFuture
    /// More of its wishes were granted at some moment than a client may have by then: a burst for each
    /// session, and twenty a second.
    private(set) var wasTooQuick = false
    /// When it next says something, for habits with a pace.
    var nextWord = Instant.zero
    /// Where its habit is in its own numbering; see `HostileActor+Habits`.
    var sequence: UInt32 = 0

    /// Packets that it sends in one step at most.
    static let packetsPerStep = 2

    init(_ habit: HostileHabit, index: Int, seed: UInt64) {
        self.habit = habit
        identity = UInt64(1_000 + index)
        address = NetworkAddress(ipv4: 0x0a00_0900 + UInt32(index), port: 66)
        random = SeededRandom(seed: seed)
    }

    /// True when it has no connection and wants one.
    var wantsToJoin: Bool { isActive && endpoint == nil }
    public var isConnected: Bool { endpoint?.state == .connected }

    func join(
        token: ConnectToken, entropySeed: [UInt8], now: Instant, keyLimits: KeyLimits,
        ledger: SealLedger
    ) {
        frames.removeAll()
        messages.removeAll()
        sequence = 0
        endpoint = ClientEndpoint(
            token: token, server: Simulation.serverAddress, entropySeed: entropySeed, now: now,
            configuration: ClientEndpointConfiguration(
                idleTimeout: .seconds(10), keyLimits: keyLimits, sealLedger: ledger))
    }

    private func countAcceptance(now: Instant) {
        accepted += 1
        let allowed = Double(joins) * 41 + max(0, (now - firstJoin).seconds) * 20
        wasTooQuick = wasTooQuick || Double(accepted) > allowed
    }

    /// Falls silent without a goodbye.
    public func vanish() {
        isActive = false
        endpoint = nil
    }

    func receive(_ bytes: inout [UInt8], now: Instant) {
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        switch endpoint?.handle(&raw, from: Simulation.serverAddress, now: now) {
        case .connected?:
            joins += 1
            firstJoin = min(firstJoin, now)
            if habit.entersFirst {
                say(.enter(Entrance()))
                say(.ready)
            }
        case .packet?: readMessages(now: now)
        case .closed(let reason)?:
            endings.append(reason)
            endpoint = nil
        case .nothing?, nil: return
        }
    }

    /// Writes the packets of one step.
    func transmit(into batch: inout DatagramBatch, now: Instant) {
        if let reason = endpoint?.handleTimeout(now: now) {
            endings.append(reason)
            endpoint = nil
        }
        endpoint?.pollHandshake(now: now, into: &batch)
        guard isConnected else { return }
        act(now: now)
        for _ in 0..<Self.packetsPerStep {
            guard endpoint?.beginPacket(now: now) == true else { return }
            appendFrames()
            guard endpoint?.finishPacket(now: now, into: &batch) != nil else { return }
        }
    }

    /// Puts a well-formed message on the stream.
    public func say(_ message: ClientMessage) { messages.append(Self.bytes(of: message)) }

    static func bytes(of message: ClientMessage) -> [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: 8_192) { (writer) throws(CodecError) in
                try message.encode(into: &writer)
            }
        } catch {
            preconditionFailure("a message of a test fits 8 KiB")
        }
    }

    private func appendFrames() {
        while let frame = frames.last, frame.body.count <= endpoint?.packetRoom ?? 0 {
            guard endpoint?.appendFrame(frame.type, frame.body.rawBytes) == true else { return }
            frames.removeLast()
            sentFrames += 1
        }
    }

    private func act(now: Instant) {
        if frames.isEmpty && messages.isEmpty { practise(now: now) }
        for message in messages {
            guard endpoint?.send(message, stream: ClientMessage.stream) == true else { break }
            sentMessages += 1
        }
        messages.removeAll()
    }

    private func readMessages(now: Instant) {
        while let message = endpoint?.pollMessage() {
            switch try? ServerMessage(decoding: message.bytes.rawBytes) {
            case .welcome(let welcome)?: welcomes.append(welcome.entity)
            case .accepted?: countAcceptance(now: now)
            case .refused(_, let refusal)?: refusals[refusal.rule, default: 0] += 1
            case .heard?: heard += 1
            default: continue
            }
        }
        while endpoint?.pollReceipt() != nil {}
    }
}
