import CairnBasics
import CairnTransport

/// The network between clients and nodes, and what runs over it: every datagram that arrives goes
/// into the trace, when and where and byte for byte.
final class SimulatedNetwork {
    var links: LinkConditioner
    var batch = DatagramBatch(capacity: 64)
    /// Somebody on the path.
    var forger: PathForger
    private var forged = DatagramBatch(capacity: 1)
    private(set) var trace = StateDigest()
    private(set) var deliveredDatagrams = 0
    /// How many datagrams were sent to each address, lost ones too and repeated ones once.
    private var sentTo: [NetworkAddress: UInt64] = [:]

    init(seed: UInt64, conditions: LinkConditions, forgeries: Ratio) {
        forger = PathForger(seed: seed ^ 0x666f_7267, share: forgeries)
        links = LinkConditioner(seed: seed, conditions: conditions)
    }

    /// Sends what is in the batch.
    func flush(from address: NetworkAddress, now: Instant) {
        guard !batch.isEmpty else { return }
        for index in 0..<batch.count {
            sentTo[batch.address(index), default: 0] += 1
            forge(batch.datagram(index), from: address, to: batch.address(index), now: now)
        }
        links.send(batch, from: address, now: now)
        batch.removeAll()
    }

    private func forge(
        _ bytes: [UInt8], from source: NetworkAddress, to destination: NetworkAddress, now: Instant
    ) {
        guard let copy = forger.forge(bytes, from: source) else { return }
        forged.append(copy.bytes.rawBytes, to: destination)
        links.send(forged, from: copy.source, now: now)
        forged.removeAll()
    }

    func sentDatagrams(to address: NetworkAddress) -> UInt64 { sentTo[address] ?? 0 }

    /// The next datagram that has arrived by now.
    func poll(now: Instant) -> LinkedDatagram? {
        guard let datagram = links.poll(now: now) else { return nil }
        deliveredDatagrams += 1
        note(datagram.due)
        trace.combine(UInt64(datagram.destination.low) << 16 | UInt64(datagram.destination.port))
        trace.combine(datagram.bytes.rawBytes)
        return datagram
    }

    func note(_ instant: Instant) { trace.combine(UInt64(bitPattern: instant.nanoseconds)) }
    func note(_ word: UInt64) { trace.combine(word) }
    func note(_ bytes: [UInt8]) { trace.combine(bytes.rawBytes) }
}
