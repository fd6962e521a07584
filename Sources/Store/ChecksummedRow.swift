// How every stored row is sealed against silent damage.
//
//     checksum   u64   digest of what follows and of the kind of row
//     number     u64   the row's own sequence, so that a row in another's place is noticed
//     tick       u32
//     body       the rest
//
// The digest is a chain of bijections on 64-bit words, so damage within one word is always seen, and
// any other with odds of 2^64 to one. It guards against hardware, not against whoever owns the disk.

import CairnBasics

/// What tells a journal row from a checkpoint; part of the checksum.
enum RowKind: UInt64 {
    case record = 1
    case checkpoint = 2
}

enum ChecksummedRow {
    static let headerBytes = 20

    static func encode(
        _ kind: RowKind, number: UInt64, tick: Tick, body: RawSpan
    ) -> [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: headerBytes + body.byteCount) {
                (writer) throws(CodecError) in
                try writer.put(checksum(kind, number: number, tick: tick, body: body))
                try writer.put(number)
                try writer.put(tick.number)
                try writer.putBytes(body)
            }
        } catch {
            preconditionFailure("the capacity is the exact size")
        }
    }

    /// Reads a row that should have this number, or throws what is wrong with it.
    static func decode(
        _ kind: RowKind, number: UInt64?, row: [UInt8], place: String
    ) throws(StoreError) -> (number: UInt64, tick: Tick, body: [UInt8]) {
        let span = row.rawBytes
        var reader = ByteReader(span)
        let parts: (checksum: UInt64, number: UInt64, tick: Tick)
        do throws(CodecError) {
            parts = (
                try reader.get(UInt64.self), try reader.get(UInt64.self),
                Tick(try reader.get(UInt32.self))
            )
        } catch {
            throw .damaged(place: place, reason: "it is cut short")
        }
        let body = reader.getRest()
        guard
            parts.checksum == checksum(kind, number: parts.number, tick: parts.tick, body: body)
        else { throw .damaged(place: place, reason: "its checksum does not match") }
        if let number, number != parts.number {
            throw .damaged(place: place, reason: "it holds row \(parts.number)")
        }
        return (parts.number, parts.tick, body.array)
    }

    private static func checksum(
        _ kind: RowKind, number: UInt64, tick: Tick, body: RawSpan
    ) -> UInt64 {
        var digest = StateDigest(seed: kind.rawValue)
        digest.combine(number)
        digest.combine(UInt64(tick.number))
        digest.combine(body)
        return digest.value
    }
}
