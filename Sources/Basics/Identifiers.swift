/// Who writes the lattice: one run of one node, never the same twice.
///
/// The upper 8 bits are the node, the lower 24 the number of its boot, which the store counts up
/// before the node serves anyone. So dots and entity ids made by one boot can never be made again.
public struct ReplicaID: Hashable, Comparable, Sendable {
    public var raw: UInt32

    public init(raw: UInt32) { self.raw = raw }
    public init(node: UInt8, boot: UInt32) {
        raw = UInt32(node) << 24 | (boot & 0xff_ffff)
    }

    public var node: UInt8 { UInt8(truncatingIfNeeded: raw >> 24) }
    public var boot: UInt32 { raw & 0xff_ffff }

    public static func < (left: ReplicaID, right: ReplicaID) -> Bool { left.raw < right.raw }
}

/// One event of one replica: the smallest thing a causal context can name.
public struct Dot: Hashable, Comparable, Sendable {
    public var replica: ReplicaID
    /// Starts at 1; counts without gaps within a replica.
    public var counter: UInt32

    public init(replica: ReplicaID, counter: UInt32) {
        self.replica = replica
        self.counter = counter
    }

    /// Orders by replica, then counter: a canonical order, not a causal one.
    public static func < (left: Dot, right: Dot) -> Bool {
        left.replica != right.replica
            ? left.replica < right.replica : left.counter < right.counter
    }
}

/// An entity's name for ever: the replica that created it and that replica's running number.
///
/// Ids are never used again, so an id needs no generation beside it.
public struct EntityID: Hashable, Comparable, Sendable {
    /// Replica in the upper 32 bits, number in the lower 32.
    public var raw: UInt64

    @inlinable public init(raw: UInt64) { self.raw = raw }
    public init(replica: ReplicaID, number: UInt32) {
        raw = UInt64(replica.raw) << 32 | UInt64(number)
    }

    /// The id that no entity has.
    public static let none = EntityID(raw: 0)

    public var replica: ReplicaID { ReplicaID(raw: UInt32(truncatingIfNeeded: raw >> 32)) }
    public var number: UInt32 { UInt32(truncatingIfNeeded: raw) }

    public static func < (left: EntityID, right: EntityID) -> Bool { left.raw < right.raw }
}

/// The number of a kind of entity in the world's schema.
public struct KindID: Hashable, Comparable, Sendable {
    public var raw: UInt16

    public init(_ raw: UInt16) { self.raw = raw }

    public static func < (left: KindID, right: KindID) -> Bool { left.raw < right.raw }
}

/// The number of a field of shared state in the world's schema, unique over all kinds.
public struct FieldID: Hashable, Comparable, Sendable {
    public var raw: UInt16

    public init(_ raw: UInt16) { self.raw = raw }

    public static func < (left: FieldID, right: FieldID) -> Bool { left.raw < right.raw }
}

/// Accounts: whole numbers that whoever issues tokens gives to people and devices.
public enum Account {
    /// The first that no client has: characters and the world file's own things are owned from
    /// here on.
    public static let firstReserved: UInt64 = 1 << 62

    /// True for one that a client can have; 0 is the world itself.
    public static func isClient(_ identity: UInt64) -> Bool {
        identity > 0 && identity < firstReserved
    }
}
