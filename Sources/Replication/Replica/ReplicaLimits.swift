/// What a receiver holds at most, whatever a server sends, each with its reason.
public enum ReplicaLimits {
    /// Twice what an honest server has one client follow, for pages that were left a moment ago.
    static let pages = 2 * BlockLimits.followedPages
    /// Everybody in the pages that an honest server has one client follow.
    public static let entities = BlockLimits.followedPages * 32
    /// Members of a page whose properties came before the news that they are there.
    static let awaitedPerPage = 64
    /// An entity has 38 authored fields at most, hidden ones among them, and four built-in ones that
    /// are told.
    static let fieldsPerEntity = 42
    /// The encoded properties of all entities together, in bytes.
    public static let propertyBytes = 64 << 20
    /// One field's state, encoded, in bytes: 256 elements of a map at their longest.
    static let fieldBytes = 256 << 10
    /// Events that nobody has polled.
    static let events = 1 << 17

    /// A packet older than this is ignored: it was given up as lost long ago. In milliseconds.
    static let oldestPacket = 5_000
    /// How long an entity that left its page is kept until another page has it, in milliseconds:
    /// a few lost packets long.
    static let limbo = 300
    /// The same for one that went to a cell in sight: far pages are told once a second.
    static let crossing = 1_250
}
