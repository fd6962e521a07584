public import CairnBasics

/// When something was written and by whom: the total order in which the latest write wins.
///
/// Under concurrency: two replicas may write at the same hybrid time; then the larger replica wins
/// everywhere. One replica never makes the same stamp twice, so two writes never tie.
public struct Stamp: Hashable, Comparable, Sendable {
    public var time: HybridTime
    public var replica: ReplicaID

    public init(time: HybridTime, replica: ReplicaID) {
        self.time = time
        self.replica = replica
    }

    /// Before every stamp that a clock gives.
    static let none = Stamp(time: .zero, replica: ReplicaID(raw: 0))

    public static func < (left: Stamp, right: Stamp) -> Bool {
        left.time != right.time ? left.time < right.time : left.replica < right.replica
    }

    /// Writes 12 bytes: the time, then the replica.
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(time.raw)
        try writer.put(replica.raw)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        time = HybridTime(raw: try reader.get(UInt64.self))
        replica = ReplicaID(raw: try reader.get(UInt32.self))
    }
}
