// What nodes tell each other, over a bus that promises nothing: it loses, repeats, delays and
// reorders like any link, is cut between any two nodes in either direction or both, and clogs, which
// is when everything waits for seconds and then comes at once.

import CairnBasics
import CairnTransport

/// One direction between two nodes.
struct BusWay: Hashable {
    var from: UInt8
    var to: UInt8
}

struct SimulatedBus {
    private var conditioner: LinkConditioner
    private var cuts: [(way: BusWay, until: Instant)] = []
    private var clogs: [(way: BusWay, until: Instant)] = []
    /// Messages that ran into a cut.
    private(set) var cutOff = 0

    init(seed: UInt64, conditions: LinkConditions) {
        conditioner = LinkConditioner(seed: seed, conditions: conditions)
    }

    var nextDue: Instant? { conditioner.nextDue }

    /// Nothing goes this way until then; what is under way arrives.
    mutating func cut(_ way: BusWay, until: Instant) { cuts.append((way, until)) }

    /// Nothing arrives this way until then, and then all of it.
    mutating func clog(_ way: BusWay, until: Instant) { clogs.append((way, until)) }

    /// All ways are open and good from now on.
    mutating func heal() {
        cuts.removeAll()
        clogs.removeAll()
        conditioner.conditions = LinkConditions(delay: .milliseconds(2))
    }

    mutating func send(_ bytes: [UInt8], _ way: BusWay, now: Instant) {
        cuts.removeAll { $0.until <= now }
        clogs.removeAll { $0.until <= now }
        if cuts.contains(where: { $0.way == way }) {
            cutOff += 1
            return
        }
        let leaves = clogs.lazy.filter { $0.way == way }.map(\.until).max() ?? now
        conditioner.send(
            bytes, from: Self.address(way.from), to: Self.address(way.to), now: leaves)
    }

    /// The next message that has arrived by now.
    mutating func poll(now: Instant) -> (way: BusWay, bytes: [UInt8], due: Instant)? {
        guard let message = conditioner.poll(now: now) else { return nil }
        let way = BusWay(from: Self.node(message.source), to: Self.node(message.destination))
        return (way, message.bytes, message.due)
    }

    private static func address(_ node: UInt8) -> NetworkAddress {
        NetworkAddress(ipv4: UInt32(node), port: 0)
    }

    private static func node(_ address: NetworkAddress) -> UInt8 {
        UInt8(truncatingIfNeeded: address.low)
    }
}
