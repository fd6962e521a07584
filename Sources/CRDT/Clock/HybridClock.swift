public import CairnBasics

/// One replica's hybrid clock: makes stamps that are later than all it made and all it observed.
///
/// The wall clock is an argument. When it steps back, stamps go on from the last one, a logical
/// step at a time. A stamp from the future would win for ever and drag every clock along, so one
/// that is further ahead than clocks that are kept in step can differ is refused.
public struct HybridClock: Sendable {
    /// How far ahead of this node's wall clock a foreign stamp may be, in milliseconds: far more
    /// than NTP leaves between nodes, far less than a cheat or a dead battery makes.
    public static let maximumLeadMilliseconds: UInt64 = 500

    public let replica: ReplicaID
    /// The latest time given or observed.
    public private(set) var latest: HybridTime

    public init(replica: ReplicaID) {
        self.init(replica: replica, notBefore: .zero)
    }

    /// A clock whose stamps are all later than `notBefore`: the newest time in recovered state.
    public init(replica: ReplicaID, notBefore: HybridTime) {
        self.replica = replica
        latest = notBefore
    }

    /// The stamp of a new event: later than every stamp given or observed before.
    public mutating func now(wallMilliseconds: UInt64) -> Stamp {
        // Safe: `latest` is a 48-bit wall reading and steps from it; 2^64 of them never happen.
        let step = HybridTime(raw: latest.raw &+ 1)
        latest = max(step, HybridTime(milliseconds: wallMilliseconds))
        return Stamp(time: latest, replica: replica)
    }

    /// Takes note of another replica's stamp, so that whatever is stamped next is later.
    ///
    /// - Returns: False, with the clock unchanged, when the stamp is more than
    ///   `maximumLeadMilliseconds` ahead of the wall clock; what carries it must then be refused.
    public mutating func observe(_ stamp: Stamp, wallMilliseconds: UInt64) -> Bool {
        observe(stamp.time, wallMilliseconds: wallMilliseconds)
    }

    /// Takes note of a time, as for a stamp.
    public mutating func observe(_ time: HybridTime, wallMilliseconds: UInt64) -> Bool {
        let wall = min(wallMilliseconds, HybridTime.maximumMilliseconds)
        guard time.milliseconds <= wall &+ Self.maximumLeadMilliseconds else { return false }
        latest = max(latest, time)
        return true
    }
}
