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
        let connection = sessions[index].connection
        if let reason = sessions[index].removal {
            // Marked after the tick was encoded, so the body is still in it: next tick.
            guard sessions[index].entity == .none else { return }
            endpoint.close(connection, reason, now: now, into: &batch)
            leave(connection, reason: reason)
            return
        }
        readReceipts(of: index)
        var owesState = sessions[index].phase == .present
        if owesState && !isTold(index) {
            owesState = false
            let holds = overload.holdsAcknowledgements(
                sessionAt: index, in: tick, period: period)
            guard endpoint.needsPacket(to: connection, holdingAcknowledgements: holds, now: now)
            else { return }
        }
        if owesState {
            subscriptions[index].tellsFar = overload.tellsFar
            let centre = centre(ofSession: index)
            subscriptions[index].beginTick(
                centre: centre, store: blocks, world: world, plan: &plan)
        }
        for _ in 0..<configuration.packetsPerClientTick {
            // State goes first: what the streams owe gets the packets that state leaves over.
            let reserve = owesState ? Self.stateBytes : 0
            guard endpoint.beginPacket(to: connection, reserving: reserve, now: now) else { return }
            owesState = owesState && fillPacket(of: index)
            guard let number = endpoint.finishPacket(now: now, into: &batch) else { return }
            subscriptions[index].packetSent(number: number)
            if !owesState && !endpoint.needsPacket(to: connection, now: now) { return }
        }
    }

    /// Starts fetching what the next clients' turns will want; the endpoint does so for itself.
    func prefetch(after index: Int) {
        sessions.prefetch(index + 2)
        subscriptions.prefetch(index + 2)
        if sessions.contains(index + 1) { subscriptions[index + 1].prefetch() }
    }

    /// What became of the client's packets. Asked for when the next one is planned, and not when word
    /// of it comes: then what it touches is in the cache anyway.
    private mutating func readReceipts(of index: Int) {
        let connection = sessions[index].connection
        while let receipt = endpoint.pollReceipt(from: connection) {
            switch receipt {
            case .acknowledged(let number): subscriptions[index].acknowledged(number: number)
            case .lost(let number): subscriptions[index].lost(number: number)
            }
        }
    }

    /// Splices blocks into the open packet, the most wanted first.
    ///
    /// - Returns: True when there is more to tell in this tick than the packet had room for.
    private mutating func fillPacket(of index: Int) -> Bool {
        guard appendTickFrame(of: index) else { return false }
        let hasMore = subscriptions[index].planPacket(
            room: endpoint.packetRoom, store: &blocks, world: world, plan: &plan)
        Self.splice(plan.blocks, from: blocks, into: &endpoint)
        return hasMore
    }

    private static func splice(
        _ planned: borrowing OwnedList<PlannedBlock>, from store: borrowing BlockStore,
        into endpoint: inout ServerEndpoint
    ) {
        for index in planned.indices {
            let block = planned[index]
            let isIn = endpoint.appendFrame(block.frameType, store.bytes(block.range))
            precondition(isIn, "a planned block fits the room it was planned for")
        }
    }

    /// The frame that opens the packet: the tick, and what the client's prediction needs.
    private mutating func appendTickFrame(of index: Int) -> Bool {
        let milliseconds = UInt64(max(0, tickStartedAt.nanoseconds / 1_000_000))
        let frame = TickFrame(
            tick: tick, serverMilliseconds: milliseconds,
            steeringSequence: sessions[index].lastSequence,
            ownMotion: ownMotion(ofSession: index),
            performedIntent: performedIntent(of: index))
        guard let count = Self.write(frame, into: &tickFrameBytes) else { return false }
        return Self.append(tickFrameBytes, count: count, to: &endpoint)
    }

    /// Where a client is told from.
    private mutating func centre(ofSession index: Int) -> Position {
        guard let row = row(ofSession: index) else { return sessions[index].focus }
        return world.table.motions[row].position
    }

    /// The newest intent in the world, while its answer may still be under way.
    private func performedIntent(of index: Int) -> UInt32? {
        guard tickStartedAt - sessions[index].performedAt <= Session.performedLimit
        else { return nil }
        return sessions[index].performedIntent
    }

    private static func append(
        _ tickFrame: borrowing [UInt8], count: Int, to endpoint: inout ServerEndpoint
    ) -> Bool {
        endpoint.appendFrame(.tick, tickFrame.rawBytes.extracting(0..<count))
    }

    /// Encodes into bytes that are there already: this happens once a packet.
    private static func write(_ frame: TickFrame, into bytes: inout [UInt8]) -> Int? {
        var span = bytes.mutableSpan
        var writer = unsafe ByteWriter(span.mutableBytes)
        do throws(CodecError) {
            try frame.encode(into: &writer)
        } catch {
            return nil
        }
        return writer.count
    }
}
