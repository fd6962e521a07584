// What a run is to be: how many, how they move, what their links are like, and who means harm.

import CairnBasics
import CairnTransport

struct CrowdPlan {
    /// A share of the members on a bad link.
    struct LinkShare {
        var name: String
        var conditions: LinkConditions
        var percent: Int
    }

    struct FlappingShare {
        var flapping: Flapping
        var percent: Int
    }

    struct HostileShare {
        var habit: HostileHabit
        var count: Int
        /// Datagrams a second, of each.
        var rate: Double
    }

    var server: NetworkAddress
    var clients: Int
    var seconds: Int
    var joinsPerSecond: Int
    var seed: UInt64 = 1
    /// How many of a hundred decode everything and compare digests.
    var decodePercent = 100
    /// Every how manieth of those is a phone; 0 for none.
    var phoneEvery = 0
    /// Whether those who decode also talk and edit.
    var acts = false
    var movement = Movement.walk
    var links: [LinkShare] = []
    var flapping: FlappingShare?
    var hostiles: [HostileShare] = []
    var followsParent = false

    /// Ports that one address can be sent from; others of 127.0.0.0/8 take the rest.
    private static let membersPerAddress = 20_000
    /// From how many members on most take what comes at their own step.
    static let largeCrowd = 500
    /// Every so manieth of the light members of a large crowd is attentive all the same.
    private static let attentiveEvery = 16

    private func isAttentive(_ index: Int) -> Bool {
        clients < Self.largeCrowd || decodes(index) || index % Self.attentiveEvery == 0
    }

    /// True for members who decode, spread evenly; the first of all is one if any is.
    func decodes(_ index: Int) -> Bool {
        (index + 1) * decodePercent / 100 > index * decodePercent / 100
            || (index == 0 && decodePercent > 0)
    }

    func path(of index: Int) -> Path {
        let seed = mix64(seed &+ UInt64(index))
        // Not of `seed` itself, from which the member takes its moods.
        let draw = Int(mix64(seed ^ 0x5ead) % 100)
        var rest = draw
        var conditions: LinkConditions?
        for link in links {
            if rest >= 0, rest < link.percent { conditions = link.conditions }
            rest -= link.percent
        }
        let flapDraw = Int(mix64(seed ^ 0xf1a9) % 100)
        let flaps = flapDraw < (flapping?.percent ?? 0)
        return Path(
            server: server, conditions: conditions, flapping: flaps ? flapping?.flapping : nil,
            isAttentive: conditions != nil || isAttentive(index), source: source(of: index),
            seed: seed)
    }

    private func source(of index: Int) -> NetworkAddress {
        guard server.ipv4 != nil else { return NetworkAddress(high: 0, low: 0, port: 0) }
        guard server.isLoopback else { return NetworkAddress(ipv4: 0, port: 0) }
        let host = UInt32(1 + index / Self.membersPerAddress)
        return NetworkAddress(ipv4: 0x7f00_0000 + host, port: 0)
    }
}
