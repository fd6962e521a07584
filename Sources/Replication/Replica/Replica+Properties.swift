// Property blocks: shared state is joined, so their order and number do not matter. What matters
// is whose they are: a page's block is also evidence that its entities are in the page.

public import CairnBasics
public import CairnCRDT
import CairnWorld

extension Replica {
    @_lifetime(reader: copy reader)
    mutating func receiveProperties(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        let page = try PageID(decoding: &reader)
        guard let index = index(of: page), pages.heads[index].hasState else {
            // Either the page was left, or the server has not kept to its order.
            counts.staleBlocks += 1
            return
        }
        var replica = ReplicaID(raw: 0)
        while reader.remaining > 0 {
            let number = try reader.getVarint(atMost: UInt64(UInt32.max) << 1 | 1)
            if number & 1 == 1 { replica = ReplicaID(raw: try reader.get(UInt32.self)) }
            let field = try reader.getVarint(atMost: UInt64(UInt16.max))
            let mark = reader.position
            let state = try FieldState(decoding: &reader)
            let id = EntityID(
                replica: replica, number: UInt32(truncatingIfNeeded: number >> 1))
            guard id != .none else { throw .malformed }
            let byteCount = reader.position &- mark
            if let row = row(toJoin: id, of: index, now) {
                join(
                    state, FieldID(UInt16(truncatingIfNeeded: field)), byteCount,
                    performedIntent, row)
            }
        }
    }

    /// The row that a page's properties of an entity belong to; nil when they are out of date.
    private mutating func row(toJoin id: EntityID, of index: Int, _ now: Tick) -> Int? {
        let known = entities.anyRow(of: id)
        guard pages.isKnown(index, at: now) else {
            return expect(id, known, at: index, now)
        }
        // When the page's state is as new as these properties and does not have the entity, it has
        // gone elsewhere, and they will come from there.
        return pages.states[index].holds(id) ? known : nil
    }

    /// Takes properties as news that an entity is in a page now: wherever it was before, these
    /// properties will not come again, so it must not be left on older news.
    private mutating func expect(
        _ id: EntityID, _ known: Int?, at index: Int, _ now: Tick
    ) -> Int? {
        if let known, !now.isNewer(than: entities.table[known].tick) { return known }
        guard pages.awaited[index].count < ReplicaLimits.awaitedPerPage,
            known != nil || entities.count < ReplicaLimits.entities
        else {
            counts.refusals += 1
            return nil
        }
        let page = pages.heads[index].page
        let row = known ?? entities.insert(id, home: page, tick: now)
        entities.table[row].home = page
        entities.table[row].tick = now
        if !pages.awaited[index].contains(id) { pages.awaited[index].append(id) }
        return row
    }

    /// Joins a delta that came by another way than blocks: the answer to an intent.
    ///
    /// - Returns: False when the entity is not known here; whatever brings it brings the delta.
    @discardableResult public mutating func join(
        _ delta: FieldState, _ field: FieldID, of id: EntityID, performedIntent: UInt32
    ) -> Bool {
        guard let row = entities.anyRow(of: id) else { return false }
        let byteCount = Self.byteCount(of: delta, atMost: ReplicaLimits.fieldBytes)
        join(delta, field, byteCount, performedIntent, row)
        return true
    }

    private mutating func join(
        _ state: FieldState, _ field: FieldID, _ byteCount: Int, _ intent: UInt32, _ row: Int
    ) {
        var place = 0
        while place < entities.fields[row].count, entities.fields[row][place].id < field {
            place += 1
        }
        let isKnown =
            place < entities.fields[row].count && entities.fields[row][place].id == field
        var joined =
            isKnown
            ? entities.fields[row][place]
            : ReplicatedField(id: field, state: state, byteCount: byteCount)
        let before = isKnown ? joined.byteCount : 0
        joined.performedIntent = max(joined.performedIntent, intent)
        if isKnown {
            entities.fields[row][place].performedIntent = joined.performedIntent
            guard joined.state.join(state) else { return }
            joined.byteCount = Self.byteCount(of: joined.state, atMost: before + byteCount)
        }
        guard isKnown || entities.fields[row].count < ReplicaLimits.fieldsPerEntity,
            joined.byteCount <= ReplicaLimits.fieldBytes,
            propertyByteCount + joined.byteCount - before <= ReplicaLimits.propertyBytes
        else {
            counts.refusals += 1
            return
        }
        propertyByteCount += joined.byteCount - before
        if isKnown {
            entities.fields[row][place] = joined
        } else {
            entities.fields[row].insert(joined, at: place)
        }
        if entities.table[row].isVisible { note(.changed(entities.table[row].id)) }
    }

    /// The length of a field's encoding, which is about what its two parts took or less.
    private static func byteCount(of state: FieldState, atMost limit: Int) -> Int {
        do throws(CodecError) {
            return try encodeBytes(capacity: limit) { (writer) throws(CodecError) in
                try state.encode(into: &writer)
            }.count
        } catch {
            return limit
        }
    }
}
