// One client's share of a tick: choose, copy, seal, send. The blocks are already encoded, or are
// once the first client wants them; here they are only spliced into packets.

import CairnBasics
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

extension WorldServer {
    /// Room for a tick frame and a block of any size, each with its frame's head.
    static let stateBytes = TickFrame.maximumByteCount + BlockLimits.byteCount + 6

    /// Writes the packets of one client.
    /// - Precondition: the batch has room for `packetsPerClientTick` datagrams.
    mutating func transmit(to index: Int, into batch: inout DatagramBatch, now: Instant) {
        guard let session = sessions[index] else { return }
        if let reason = session.removal {
            // Marked after the tick was encoded, so the body is still in it: next tick.
            guard session.entity == .none else { return }
            endpoint.close(session.connection, reason, now: now, into: &batch)
            leave(session.connection, reason: reason)
            return
        }
        if session.phase == .present {
            subscriptions[index].beginTick(centre: place(of: session), world: world)
        }
        var owesState = session.phase == .present
        for _ in 0..<configuration.packetsPerClientTick {
            // State goes first: what the streams owe gets the packets that state leaves over.
            let reserve = owesState ? Self.stateBytes : 0
            guard endpoint.beginPacket(to: session.connection, reserving: reserve, now: now) else {
                return
            }
            owesState = owesState && fillPacket(of: index)
            guard let number = endpoint.finishPacket(now: now, into: &batch) else { return }
            subscriptions[index].packetSent(number: number)
            if !owesState && !endpoint.needsPacket(to: session.connection, now: now) { return }
        }
    }

    /// Splices blocks into the open packet, the most wanted first.
    ///
    /// - Returns: True when there is more to tell in this tick than the packet had room for.
    private mutating func fillPacket(of index: Int) -> Bool {
        guard let session = sessions[index] else { return false }
        guard appendTickFrame(of: session) else { return false }
        while true {
            let room = endpoint.packetRoom
            guard
                let block = subscriptions[index].nextBlock(
                    room: room, store: &blocks, world: world)
            else { return subscriptions[index].hasMore }
            Self.splice(block, from: blocks, into: &endpoint)
        }
    }

    private static func splice(
        _ block: PlannedBlock, from store: borrowing BlockStore, into endpoint: inout ServerEndpoint
    ) {
        let isIn = endpoint.appendFrame(block.frameType, store.bytes(block.range))
        precondition(isIn, "a planned block fits the room it was planned for")
    }

    /// The frame that opens the packet: the tick, and what the client's prediction needs.
    private mutating func appendTickFrame(of session: Session) -> Bool {
        let milliseconds = UInt64(max(0, tickStartedAt.nanoseconds / 1_000_000))
        let frame = TickFrame(
            tick: tick, serverMilliseconds: milliseconds, steeringSequence: session.lastSequence,
            ownMotion: world.motion(of: session.entity))
        let body = try? encodeBytes(capacity: TickFrame.maximumByteCount) {
            (writer) throws(CodecError) in
            try frame.encode(into: &writer)
        }
        return body.map { endpoint.appendFrame(.tick, $0.rawBytes) } ?? false
    }
}
