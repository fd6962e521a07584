// What every member of a crowd has in common, whether it is honest or not: a UDP socket of its own, the
// link that it is told to have, and the habit of some phones to change their address or fall silent.
//
// A member without a link and without habits adds one branch to each datagram.

import CairnBasics
import CairnRuntime
import CairnTransport

/// How a member reaches the server, and how it misuses that.
struct Path {
    var server: NetworkAddress
    /// Both ways get these conditions, each from a seed of its own; nil for the bare loopback.
    var conditions: LinkConditions?
    var flapping: Flapping?
    /// Which address of 127.0.0.0/8 to send from, when there are more members than ports.
    var source: NetworkAddress
    var seed: UInt64
}

/// A phone between two networks: every so often it falls silent for a while and comes back from
/// another port.
struct Flapping: Hashable {
    var everySeconds: Double
    var silentSeconds: Double
}

class Member: DatagramReceiver {
    /// A client gets some packets a tick; the server's buffers would cost gigabytes here. The kernel
    /// counts twice what it holds, and a member may wait for its turn for some ticks.
    private static let bufferBytes = 128 * 1_024

    let path: Path
    private let loop: Loop
    private var socket: DatagramSocket?
    private var link: Link?
    private var random: SeededRandom
    private var flapsAt = Instant.distantFuture
    private var speaksAt = Instant.zero

    init(_ path: Path, loop: Loop) {
        self.path = path
        self.loop = loop
        random = SeededRandom(seed: path.seed)
        if let conditions = path.conditions {
            link = Link(conditions, seed: random.next())
        }
    }

    /// Opens the socket; nothing is sent before.
    func open(now: Instant) throws(LoopError) {
        socket = try DatagramSocket(
            loop: loop, address: path.source, bufferBytes: Self.bufferBytes, receiver: self)
        planFlap(now: now)
    }

    func closeSocket() {
        socket?.close()
        socket = nil
    }

    /// Takes one datagram, which may be opened in place.
    func take(_ datagram: inout MutableRawSpan, now: Instant) {}

    /// One step of the member's life, once a tick of the world; `batch` is empty before and after.
    func step(now: Instant, batch: inout DatagramBatch) {}

    /// Sends what is in the batch, by way of the link, and empties it.
    final func transmit(_ batch: inout DatagramBatch, now: Instant) {
        guard !batch.isEmpty else { return }
        if let link {
            link.up.send(batch, from: path.source, now: now)
            sendDue(link, now: now)
        } else {
            socket?.send(batch)
        }
        batch.removeAll()
    }

    /// Lets what is under way arrive, and does what phones do.
    /// - Returns: False while the member neither hears nor speaks.
    final func beginStep(now: Instant) -> Bool {
        if let link {
            sendDue(link, now: now)
            while let arrived = link.down.poll(now: now) {
                var bytes = arrived.bytes
                var span = bytes.mutableSpan
                var datagram = unsafe span.mutableBytes
                take(&datagram, now: now)
            }
        }
        if now >= flapsAt { flap(now: now) }
        return now >= speaksAt
    }

    final func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        guard address == path.server else { return }
        let now = MonotonicClock.now()
        if speaksAt > now { return }
        if let link {
            link.down.send(datagram.bytes.array, from: address, to: path.source, now: now)
        } else {
            take(&datagram, now: now)
        }
    }

    private func sendDue(_ link: Link, now: Instant) {
        while let due = link.up.poll(now: now) {
            link.batch.append(due.bytes.rawBytes, to: due.destination)
            if link.batch.isFull { flush(link) }
        }
        flush(link)
    }

    private func flush(_ link: Link) {
        guard !link.batch.isEmpty else { return }
        socket?.send(link.batch)
        link.batch.removeAll()
    }

    private func planFlap(now: Instant) {
        guard let flapping = path.flapping else { return }
        let wait = flapping.everySeconds * (0.5 + random.unit())
        flapsAt = now + .milliseconds(Int64(wait * 1_000))
    }

    private func flap(now: Instant) {
        guard let flapping = path.flapping else { return }
        closeSocket()
        // A port that cannot be had now is asked for again at the next flap.
        socket = try? DatagramSocket(
            loop: loop, address: path.source, bufferBytes: Self.bufferBytes, receiver: self)
        speaksAt = now + .milliseconds(Int64(flapping.silentSeconds * 1_000))
        planFlap(now: speaksAt)
    }
}

/// Both directions of a bad link.
private final class Link {
    /// Some seconds of everything that a client is sent.
    private static let capacity = 4_096

    var up: LinkConditioner
    var down: LinkConditioner
    var batch = DatagramBatch(capacity: 16)

    init(_ conditions: LinkConditions, seed: UInt64) {
        up = LinkConditioner(seed: seed, conditions: conditions, capacity: Self.capacity)
        down = LinkConditioner(
            seed: mix64(seed), conditions: conditions, capacity: Self.capacity)
    }
}
