// What every member of a crowd has in common, whether it is honest or not: a UDP socket of its own, the
// link that it is told to have, and the habit of some phones to change their address or fall silent.
//
// A member of a large crowd is not woken for what it is sent: it takes it when it has its turn, as a game
// does once a frame. The others are attentive, and take it when it comes: those who decode, those on bad
// links, and some of the rest, by whom the age of states is measured.

import CairnBasics
import CairnRuntime
import CairnTransport

/// How a member reaches the server, and how it misuses that.
struct Path {
    var server: NetworkAddress
    /// Both ways get these conditions, each from a seed of its own; nil for the bare loopback.
    var conditions: LinkConditions?
    var flapping: Flapping?
    /// Whether it takes what comes when it comes, and not at its next step.
    var isAttentive = true
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

    /// Messages of one step at most, each of up to 64 datagrams.
    private static let mostMessages = 64
    private static let thoroughness = 16
    /// The last place, which no group reaches.
    private static let ownPlace = ConnectedSocket.places - 1

    let path: Path
    private let loop: Loop
    /// The one or the other: that of an attentive member, or that of another.
    private var socket: DatagramSocket?
    private var line: ConnectedSocket?
    /// So many steps from now on it asks until there is nothing more, since of late it got several
    /// datagrams in a tick.
    private var thoroughSteps = 0
    /// Whether it has been to fetch what came, for the step that follows, and what there was.
    private var hasFetched = false
    private var fetched: ConnectedSocket.Message?
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
        try openSocket()
        planFlap(now: now)
    }

    private func openSocket() throws(LoopError) {
        if path.isAttentive {
            socket = try DatagramSocket(
                loop: loop, address: path.source, bufferBytes: Self.bufferBytes, receiver: self)
        } else {
            line = try ConnectedSocket(
                loop: loop, address: path.source, peer: path.server,
                bufferBytes: Self.bufferBytes)
        }
    }

    func closeSocket() {
        socket?.close()
        socket = nil
        line = nil
    }

    /// True when nothing is likely to wait beyond what it has taken in this step.
    var isUpToDate: Bool { false }

    /// Takes one datagram, which may be opened in place.
    func take(_ datagram: inout MutableRawSpan, now: Instant) {}

    /// One step of the member's life, once a tick of the world. What an attentive one says has gone
    /// when it returns, and `batch` is empty before and after; what another says is added to it, for
    /// `post`.
    func step(now: Instant, batch: inout DatagramBatch) {}

    /// Sends what is in the batch, by way of the link, and empties it.
    final func transmit(_ batch: inout DatagramBatch, now: Instant) {
        guard !batch.isEmpty else { return }
        if let link {
            link.up.send(batch, from: path.source, now: now)
            sendDue(link, now: now)
        } else if path.isAttentive {
            socket?.send(batch)
        } else {
            line?.send(batch, 0..<batch.count)
        }
        batch.removeAll()
    }

    /// Fetches the first of what has come, if that is the member's own business; see `Crowd.act`.
    final func fetch(into place: Int) {
        guard !path.isAttentive else { return }
        fetched = line?.fetch(into: place)
        hasFetched = true
    }

    /// Sends what it has said.
    final func post(_ bag: borrowing DatagramBatch, _ datagrams: Range<Int>) {
        line?.send(bag, datagrams)
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
        if !path.isAttentive { takeWaiting(now: now) }
        return now >= speaksAt
    }

    /// Takes what has come since the last step. Asking once more than there is something costs a
    /// system call, so who has the newest tick does not ask again, as long as one datagram is all that
    /// a tick brings.
    private func takeWaiting(now: Instant) {
        guard now >= speaksAt else {
            (hasFetched, fetched) = (false, nil)
            return
        }
        var messages = 0
        while messages < Self.mostMessages {
            let message = hasFetched ? fetched : line?.fetch(into: Self.ownPlace)
            (hasFetched, fetched) = (false, nil)
            guard let message else { break }
            line?.read(message) { take(&$0, now: now) }
            messages += 1
            if thoroughSteps == 0, isUpToDate { break }
        }
        thoroughSteps = messages > 1 ? Self.thoroughness : max(0, thoroughSteps - 1)
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
        try? openSocket()
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
