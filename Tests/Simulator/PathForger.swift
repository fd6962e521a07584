// Somebody on the path who sees every datagram and sends altered copies of some: another key phase,
// another number, a bit turned over, an end cut off, or the datagram as it was from an address of his
// own. None of it may move anything.

import CairnBasics
import CairnTransport
import CairnWire

struct PathForger {
    /// How many datagrams he copies.
    var share: Ratio
    private var random: SeededRandom
    /// Where what he sends from elsewhere comes from.
    static let address = NetworkAddress(ipv4: 0x0a00_0f00, port: 666)

    init(seed: UInt64, share: Ratio) {
        random = SeededRandom(seed: seed)
        self.share = share
    }

    /// An altered copy of a datagram, and where it seems to come from; nil when he lets it be.
    mutating func forge(
        _ bytes: [UInt8], from source: NetworkAddress
    ) -> (bytes: [UInt8], source: NetworkAddress)? {
        guard random.chance(share), let first = bytes.first else { return nil }
        var copy = bytes
        switch random.below(5) {
        case 0:
            copy[0] ^= SealLimits.phaseBit
        case 1:
            // The number's place in a client's header or a server's.
            let end = first & 0x80 == 0 ? PacketHeader.clientBytes : PacketHeader.serverBytes
            guard copy.count > end else { return nil }
            let ahead = UInt32(1) << random.below(32)
            let low = copy[end - 4..<end].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            withUnsafeBytes(of: (low &+ ahead).littleEndian) {
                copy.replaceSubrange(end - 4..<end, with: $0)
            }
        case 2:
            copy[Int(random.below(UInt32(copy.count)))] ^= 1 << UInt8(random.below(8))
        case 3:
            copy.removeLast(Int(random.below(UInt32(copy.count))))
        default:
            return (copy, Self.address)
        }
        return (copy, source)
    }
}
