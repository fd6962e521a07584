// What a server may promise about a change, as types, so that no promise is made by mistake.
//
// A `Durability` comes out of a commit and from nowhere else: its initialiser is visible only to
// files that import this room with `@_spi(Committing)`, which are the drivers of a real disk (and
// the simulated disks of tests). Code that wants to say "this is safe" must hold one.

/// How far a change has come.
public enum Acknowledgement: Hashable, Sendable {
    /// Accepted and joined in memory; a crash may lose it.
    case received
    /// On this machine's disk: a crash or a power failure cannot lose it.
    case durableHere(Durability)
}

/// The proof that a commit reached the disk.
public struct Durability: Hashable, Sendable {
    /// Every record up to and with this sequence is on the disk.
    public let through: UInt64

    @_spi(Committing) public init(committedThrough sequence: UInt64) { through = sequence }
}
