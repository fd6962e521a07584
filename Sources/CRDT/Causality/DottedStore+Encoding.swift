// Canonical: the context, then the items in order. A dot is written as the index of its replica
// among the context's replicas and its counter, and must be in the context.
//
//     context, items: varint, per item: varint(replica index), varint(counter), content

import CairnBasics

extension DottedStore {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try context.encode(into: &writer)
        try writer.putVarint(UInt64(items.count))
        let replicas = context.replicas
        for item in items {
            // Every item's dot is in the context, so its replica is among the context's.
            let index = replicas.firstIndex(of: item.dot.replica) ?? 0
            try writer.putVarint(UInt64(index))
            try writer.putVarint(UInt64(item.dot.counter))
            try item.encodeContent(into: &writer)
        }
    }

    /// Reads a store from bytes of any origin; one that has seen nothing is refused, for a field
    /// like that is left out.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init(context: try CausalContext(decoding: &reader))
        guard !context.isEmpty else { throw .malformed }
        let replicas = context.replicas
        // An item takes at least three bytes, so this many cannot be had from what remains.
        let count = try reader.getVarint(atMost: UInt64(reader.remaining))
        for _ in 0..<count {
            let index = Int(clamping: try reader.getVarint())
            let counter = UInt32(clamping: try reader.getVarint(atMost: UInt64(UInt32.max)))
            guard index < replicas.count else { throw .malformed }
            let dot = Dot(replica: replicas[index], counter: counter)
            guard context.contains(dot) else { throw .malformed }
            let item = try Item(decodingContent: &reader, dot: dot)
            if let last = items.last, !last.comes(before: item) { throw .malformed }
            append(item)
        }
    }
}
