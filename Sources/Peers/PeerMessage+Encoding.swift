// The bodies of the messages. Every body has one encoding, so that what is read and written again is
// the same.

import CairnBasics
import CairnCRDT

extension PeerMessage {
    @_lifetime(writer: copy writer)
    func encodeBody(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .delta(let sequence, let base, let lattice):
            try writer.putVarint(sequence)
            try writer.putVarint(sequence - base)
            try lattice.encode(into: &writer)
        case .acknowledgement(let sequences):
            try sequences.encode(into: &writer)
        case .summary(let context, let buckets):
            try writer.put(context)
            for bucket in buckets { try writer.put(bucket) }
        case .stretch(let ids, let seen):
            try writer.put(ids.lowerBound.raw)
            try writer.put(ids.upperBound.raw)
            try seen.encode(into: &writer)
        case .lists(let lists):
            for list in lists { try list.encode(into: &writer) }
        case .repair(let lattice):
            try lattice.encode(into: &writer)
        case .motions(let tick, let body):
            try writer.putVarint(tick)
            try writer.putBytes(body.rawBytes)
        case .ask(let number, let ask):
            try writer.put(number)
            try writer.put(ask.id.raw)
            try writer.put(ask.field.raw)
            try writer.putVarint(ask.amount)
        }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader, kind: UInt8) throws(CodecError) {
        switch kind {
        case 1:
            let sequence = try reader.getVarint()
            guard sequence > 0 else { throw .malformed }
            // A base below 1 would be a sequence before the first.
            let back = try reader.getVarint(atMost: sequence - 1)
            self = .delta(
                sequence: sequence, base: sequence - back, try Lattice(decoding: &reader))
        case 2: self = .acknowledgement(try SequenceSet(decoding: &reader))
        case 3:
            let context = try reader.get(UInt64.self)
            var buckets: [UInt64] = []
            for _ in 0..<EntityDigests.bucketCount { buckets.append(try reader.get(UInt64.self)) }
            self = .summary(context: context, buckets: buckets)
        case 4:
            let ids = try Self.ids(from: &reader)
            let seen = try CausalContext(decoding: &reader)
            guard seen.clipped(to: ids) == seen else { throw .malformed }
            self = .stretch(ids: ids, seen: seen)
        case 5: self = .lists(try Self.lists(from: &reader))
        case 6: self = .repair(try Lattice(decoding: &reader))
        case 7:
            self = .motions(tick: try reader.getVarint(), body: reader.getRest().array)
        case 8:
            let number = try reader.get(UInt32.self)
            self = .ask(
                number: number,
                RightsAsk(
                    id: EntityID(raw: try reader.get(UInt64.self)),
                    field: FieldID(try reader.get(UInt16.self)),
                    amount: try reader.getVarint(atMost: PeerLimits.rightsPerAsk)))
        default: throw .malformed
        }
    }

    @_lifetime(reader: copy reader)
    fileprivate static func ids(
        from reader: inout ByteReader
    ) throws(CodecError) -> ClosedRange<EntityID> {
        let first = EntityID(raw: try reader.get(UInt64.self))
        let last = EntityID(raw: try reader.get(UInt64.self))
        guard first <= last else { throw .malformed }
        return first...last
    }

    /// Lists to the end, ascending by bucket and then by ids, none twice: what answering them costs
    /// is bounded by what there is.
    @_lifetime(reader: copy reader)
    private static func lists(
        from reader: inout ByteReader
    ) throws(CodecError) -> [BucketList] {
        var lists: [BucketList] = []
        repeat {
            let list = try BucketList(decoding: &reader)
            if let last = lists.last {
                let follows =
                    last.bucket < list.bucket
                    || last.bucket == list.bucket && last.ids.upperBound < list.ids.lowerBound
                guard follows else { throw .malformed }
            }
            lists.append(list)
        } while reader.remaining > 0
        return lists
    }
}

extension BucketList {
    /// What a list takes besides its entries, at most, and an entry.
    static let headByteCount = 1 + 16 + 3
    static let entryByteCount = 16

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(bucket)
        try writer.put(ids.lowerBound.raw)
        try writer.put(ids.upperBound.raw)
        try writer.putVarint(UInt64(entries.count))
        for entry in entries {
            try writer.put(entry.id.raw)
            try writer.put(entry.digest)
        }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        bucket = try reader.get(UInt8.self)
        ids = try PeerMessage.ids(from: &reader)
        // An entry takes sixteen bytes, so a hostile count reserves nothing.
        let count = try reader.getVarint(atMost: UInt64(reader.remaining / Self.entryByteCount))
        entries = []
        for _ in 0..<count {
            let entry = Entry(
                id: EntityID(raw: try reader.get(UInt64.self)),
                digest: try reader.get(UInt64.self))
            guard ids.contains(entry.id), EntityDigests.bucket(of: entry.id) == Int(bucket)
            else { throw .malformed }
            if let last = entries.last, last.id >= entry.id { throw .malformed }
            entries.append(entry)
        }
    }
}
