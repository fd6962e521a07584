// A sealed packet as either end writes it, for tests that speak for one end by hand.

import CairnBasics
import CairnWire

extension Sealer {
    /// A packet with these frames: of a client when it names its connection, else of a server.
    mutating func packet(
        _ frames: [UInt8], number: UInt64, connectionID: UInt64? = nil
    ) -> [UInt8] {
        let type = connectionID == nil ? PacketType.serverPacket : .clientPacket
        var packet: [UInt8] = [type.rawValue]
        if let connectionID {
            withUnsafeBytes(of: connectionID.littleEndian) { packet += $0 }
        }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { packet += $0 }
        let headerBytes = packet.count
        packet += frames + [UInt8](repeating: 0, count: SealLimits.tagBytes)
        var span = packet.mutableSpan
        var raw = span.mutableBytes
        seal(&raw, headerBytes: headerBytes, number: number)
        return packet
    }
}
