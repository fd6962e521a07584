/// What a client and a server keep for one another across connections.
///
/// A client numbers its edits upwards, sends them in that order and has at most `window` of them
/// without a durable answer. So a server that remembers the outcomes of that many knows every edit
/// that may come to it a second time.
public enum SessionLimits {
    /// Edits that a client may have sent and not heard to be on the disk. With a disk that takes a
    /// tenth of a second this is still 300 a second.
    public static let window: UInt32 = 32
    /// How long outcomes are remembered after the last of a session: a night and a day away.
    public static let retentionMilliseconds: UInt64 = 24 * 3_600_000
    /// Outboxes of one identity that a node remembers, a device each; the oldest goes first.
    public static let sessionsPerIdentity = 8
}
