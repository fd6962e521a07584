/// What one node shows of the things in its world at one moment.
struct HistoryView: Sendable {
    struct Entity: Sendable {
        var owner: UInt64
        var fields: [UInt16: Content] = [:]
    }

    /// What a field shows.
    enum Content: Equatable, Sendable {
        case value(HistoryValue)
        case sum(Int64)
        case values(Set<HistoryValue>)
        case entries([HistoryValue: HistoryValue])
    }

    var entities: [UInt64: Entity] = [:]

    func content(of place: HistoryField) -> Content? {
        entities[place.entity]?.fields[place.field]
    }
}
