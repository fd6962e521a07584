// One step of the world, in a fixed order: who is gone, who has fallen silent, what characters do,
// what devices learn; then the tick's changes are one journal record and the state of the world
// leaves in blocks.

public import CairnBasics
import CairnCRDT
import CairnPeers
import CairnReplication
public import CairnStore
import CairnTransport
public import CairnWire
import CairnWorld

extension WorldServer {
    /// Ends the tick being built. Call `pollTransmit` until it returns false before anything else.
    public mutating func beginTick(now: Instant) {
        precondition(transmitCursor == nil, "drain pollTransmit before the next tick")
        tickStartedAt = now
        for closed in endpoint.handleTimeout(now: now) {
            leave(closed.handle, reason: closed.reason)
        }
        let worldTime = worldTime(at: now)
        stopSilentBodies(at: worldTime)
        stepCharacters(at: worldTime)
        updateDevices(now: now)
        watchPeers(now: now)
        endUnwelcome(now: now)
        takePendingLooks(now: now)
        world.moveCarried()
        updateAgentsView(at: worldTime)
        recordTick()
        sendToPeers(now: now)
        history?.record(world)
        blocks.beginTick(world: world)
        counters.ticks &+= 1
        transmitCursor = 0
    }

    /// Writes the tick's packets, as many as fit.
    ///
    /// - Returns: False once the tick is done; true when the batch is full and must be sent first.
    /// - Precondition: the batch is empty.
    public mutating func pollTransmit(into batch: inout DatagramBatch, now: Instant) -> Bool {
        guard var index = transmitCursor else { return false }
        while index < sessions.indices.endIndex {
            guard batch.capacity - batch.count >= configuration.packetsPerClientTick,
                !batch.isFull
            else {
                transmitCursor = index
                return true
            }
            prefetch(after: index)
            if sessions.contains(index) { transmit(to: index, into: &batch, now: now) }
            index += 1
        }
        transmitCursor = nil
        world.beginTick(tick + 1)
        return false
    }

    /// Takes what the journal's thread has to do.
    public mutating func pollJournal() -> [JournalOrder] {
        journal.takeOrders(world: world.lattice, tick: tick)
    }

    /// Takes what the journal's thread has to do before the server ends: all of it.
    public mutating func pollClosingJournal() -> [JournalOrder] {
        putDownAll()
        recordTick()
        return journal.takeClosingOrders(world: world.lattice, tick: tick)
    }

    /// The journal thread's word. Only when it says that a record is on disk may clients hear that
    /// their edits are durable.
    public mutating func handle(_ report: JournalReport) {
        journal.handle(report)
        guard case .committed(let durability) = report else { return }
        counters.journalCommits &+= 1
        peers?.recorded(through: durability.through)
        for index in sessions.indices where sessions.contains(index) {
            guard !sessions[index].awaitingDurability.isEmpty else { continue }
            let done = sessions[index].awaitingDurability.prefix {
                $0.sequence <= durability.through
            }
            guard let newest = done.map(\.number).max() else { continue }
            sessions[index].awaitingDurability.removeFirst(done.count)
            send(.durable(through: newest), to: index)
        }
    }

    /// All deltas of the tick become one record.
    private mutating func recordTick() {
        guard !gathered.isEmpty else { return }
        journal.append(gathered, tick: tick)
        gathered = Lattice()
        counters.journalRecords &+= 1
    }

    /// Says goodbye to everyone. The batch must be sent, and again until this returns false.
    public mutating func pollGoodbye(
        _ reason: CloseReason, into batch: inout DatagramBatch, now: Instant
    ) -> Bool {
        for index in sessions.indices where sessions.contains(index) {
            guard !batch.isFull else { return true }
            endpoint.close(sessions[index].connection, reason, now: now, into: &batch)
            removeSession(index)
        }
        clientCount = 0
        return false
    }
}
