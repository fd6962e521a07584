// The server's end of every connection, as one state machine: datagrams and time in, datagrams and
// arrivals out. It owns no socket, clock or randomness.
//
// Connections live in a slot table; a flat map leads from the id in a packet to its slot. Before an
// address is proven nothing is kept and nothing is allocated; whatever is not genuine is counted
// and gets no answer; an answer to a hello is never longer than the hello. Work per packet is O(1),
// a timeout sweep is one comparison per slot.
//
// The caller's loop, once per step:
//     for each datagram: handle, then pollMessage and pollReceipt of that connection until nil
//     handleTimeout
//     for each connection: beginPacket, appendFrame …, finishPacket

public import CairnBasics
public import CairnWire

public struct ServerEndpoint: ~Copyable {
    /// One connection and what only the server keeps of it.
    struct Slot: ~Copyable {
        let generation: UInt32
        /// Packets dropped since it was last within its rate.
        var throttledCount = 0
        /// What the peer's packets may cost.
        var work: RateBudget
        /// What this connection counts for in `ServerEndpoint.retained`.
        var retained = 0
        /// The answer to the client's hello, kept until its first packet in case it was lost.
        var unconfirmedHello: ServerHello?
        var connection: Connection
        let tokenID: UInt64
        let helloNonce: Code128
        let startedAt: Instant

        var isJoined: Bool { unconfirmedHello == nil }
    }

    private let pin = Pin()
    public internal(set) var configuration: ServerEndpointConfiguration
    public internal(set) var counters = ServerEndpointCounters()
    /// False while the server has too much to do for anybody new; whoever asks is told.
    public var isAdmitting = true

    var entropy: SeededEntropy
    let cookieKey: CookieKey
    var joinBudget: JoinBudget
    var sources: SourceLimits
    var load = LoadWatch()
    var slots: SlotTable
    /// When each slot next wants `handleTimeout`; apart from the slots, so that a sweep reads
    /// little.
    var deadlines: [Instant] = []
    var generation: UInt32 = 0
    /// Bytes of messages kept for all connections.
    var retained = 0
    var slotOfID: FlatMap<Int>
    var slotOfToken: FlatMap<Int>
    /// The packet being written, and for which slot.
    var packet = PacketScratch()
    var packetSlot = 0
    /// The slot that `expect` last named.
    var expectedSlot: Int?

    /// - Parameter entropySeed: `SeededEntropy.seedBytes` bytes that no other start ever uses.
    public init(
        configuration: ServerEndpointConfiguration, entropySeed: [UInt8], now: Instant
    ) {
        self.configuration = configuration
        entropy = SeededEntropy(seed: entropySeed)
        cookieKey = CookieKey(entropy: &entropy)
        joinBudget = JoinBudget(perSecond: configuration.joinsPerSecond, now: now)
        sources = SourceLimits(entropy: &entropy)
        slots = SlotTable(capacity: configuration.maximumConnections)
        slotOfID = FlatMap(capacity: configuration.maximumConnections)
        slotOfToken = FlatMap(capacity: configuration.maximumConnections)
    }

    /// Takes in one datagram, which it opens in place.
    ///
    /// Answers go into `replies`; when that is full they are dropped, as the network might.
    /// - Precondition: no packet is begun and unfinished.
    /// - Complexity: O(1).
    public mutating func handle(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant,
        wallMilliseconds: UInt64, replies: inout DatagramBatch
    ) -> Arrival {
        counters.datagramsReceived &+= 1
        var reader = ByteReader(datagram.bytes)
        do throws(CodecError) {
            switch PacketType(firstByte: try reader.get(UInt8.self)) {
            case .clientPacket:
                let id = try reader.get(UInt64.self)
                let number = try reader.get(UInt32.self)
                return handlePacket(
                    &datagram, of: id, lowNumber: number, from: address, now: now, replies: &replies
                )
            case .clientHello:
                return handleHello(
                    datagram.bytes, from: address, now: now, wallMilliseconds: wallMilliseconds,
                    replies: &replies)
            default:
                throw .malformed
            }
        } catch {
            counters.datagramsIgnored &+= 1
            suspect(now: now)
            return .nothing
        }
    }

    /// Something came to nothing, or has yet to come to something.
    mutating func suspect(now: Instant) {
        if load.note(now: now) { counters.loadPeriods &+= 1 }
    }

    /// True while so much comes to nothing that strangers get less attention each (see
    /// `SourceLimits`); whoever is connected notices nothing.
    public var isUnderLoad: Bool { load.isUnderLoad }

    /// Ends what has been silent too long and looks after losses.
    ///
    /// Call once per step. Joins that were never completed end without a word.
    /// - Complexity: one comparison per slot, more only for slots with something due.
    public mutating func handleTimeout(now: Instant) -> [ClosedConnection] {
        var closed: [ClosedConnection] = []
        load.advance(now: now)
        for index in deadlines.indices where deadlines[index] <= now {
            guard let reason = slots[index].connection.handleTimeout(now: now) else {
                schedule(index)
                continue
            }
            if let handle = handle(at: index) {
                closed.append(
                    ClosedConnection(
                        handle: handle, identity: slots[index].connection.identity, reason: reason))
            }
            release(index)
        }
        return closed
    }
}

extension ServerEndpoint {
    /// One more than the highest slot ever used: `handle(at:)` of `0..<slotCount` visits everyone.
    public var slotCount: Int { slots.end }

    /// How many slots are taken, joins in progress included.
    public var connectionCount: Int { slots.count }

    /// The joined connection in a slot; nil when there is none.
    public func handle(at index: Int) -> ConnectionHandle? {
        guard slots.contains(index), slots[index].isJoined else { return nil }
        return ConnectionHandle(index: index, generation: slots[index].generation)
    }

    /// True while the connection lasts.
    public func isConnected(_ handle: ConnectionHandle) -> Bool { live(handle) != nil }

    /// Who is at the other end, as the token's issuer vouched.
    public func identity(of handle: ConnectionHandle) -> ClientIdentity? {
        live(handle).map { slots[$0].connection.identity }
    }

    /// Where the peer was last proven to receive.
    public func address(of handle: ConnectionHandle) -> NetworkAddress? {
        live(handle).map { slots[$0].connection.address }
    }

    public func statistics(of handle: ConnectionHandle) -> ConnectionStatistics? {
        live(handle).map { slots[$0].connection.currentStatistics() }
    }

    /// The slot of a handle whose connection lasts.
    func live(_ handle: ConnectionHandle) -> Int? {
        guard slots.contains(handle.index), slots[handle.index].generation == handle.generation
        else { return nil }
        return handle.index
    }

    mutating func schedule(_ index: Int) {
        deadlines[index] = slots[index].connection.nextTimeout()
    }

    /// Counts anew what a connection keeps.
    mutating func settleRetained(_ index: Int) {
        let bytes = slots[index].connection.retainedBytes
        retained &+= bytes &- slots[index].retained
        slots[index].retained = bytes
    }

    /// True when all connections together keep too much and this one more than its share.
    func isOverShare(_ index: Int, adding byteCount: Int = 0) -> Bool {
        retained &+ byteCount > configuration.retainedBytes
            && slots[index].retained &+ byteCount > configuration.retainedBytes / slots.count
    }

    /// Frees a slot and forgets its connection's keys.
    mutating func release(_ index: Int) {
        retained &-= slots[index].retained
        slotOfID.remove(slots[index].connection.id)
        slotOfToken.remove(slots[index].tokenID)
        slots.remove(index)
        deadlines[index] = .distantFuture
    }
}
