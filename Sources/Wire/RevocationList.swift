import CairnBasics

/// Tokens and identities that are honoured no longer, though their tokens have not expired.
///
/// Two flat tables, looked into once for every hello whose cookie held: O(1), 18 ns for both when
/// they are full. Whoever reads a list's text again makes a new one.
public struct RevocationList: Sendable {
    /// Entries in force that one list may have: 2 MiB of tables. A token lives for a day at most,
    /// so only identities stay; whoever must take back more than this takes the key away.
    public static let maximumEntries = 65_536
    /// A time that does not come.
    public static let forGood = UInt64.max

    /// What is revoked.
    public enum Subject: Hashable, Sendable {
        /// One token, by its id.
        case token(UInt64)
        /// Every token of an account, those that are issued later too.
        case identity(UInt64)
    }

    /// Until when each token is revoked, in milliseconds of Unix time.
    private var tokens = FlatMap<UInt64>(capacity: 0)
    private var identities = FlatMap<UInt64>(capacity: 0)

    /// Nothing is revoked.
    public init() {}

    /// How many subjects the list has.
    public var count: Int { tokens.count + identities.count }

    /// True when `token` is revoked at the time given; said before anything is opened.
    func revokes(token: UInt64, wallMilliseconds: UInt64) -> Bool {
        tokens[token].map { wallMilliseconds < $0 } ?? false
    }

    /// True when `identity` is revoked at the time given.
    func revokes(identity: UInt64, wallMilliseconds: UInt64) -> Bool {
        identities[identity].map { wallMilliseconds < $0 } ?? false
    }

    /// True when this token, or whoever it speaks for, is revoked at the time given.
    public func revokes(token: UInt64, of identity: UInt64, wallMilliseconds: UInt64) -> Bool {
        revokes(token: token, wallMilliseconds: wallMilliseconds)
            || revokes(identity: identity, wallMilliseconds: wallMilliseconds)
    }

    /// Adds a subject; of two times for one the later holds.
    /// - Returns: false, and nothing changes, when the list is full.
    public mutating func revoke(_ subject: Subject, untilMilliseconds until: UInt64) -> Bool {
        switch subject {
        case .token(let id):
            guard tokens[id] != nil || count < Self.maximumEntries else { return false }
            tokens[id] = max(tokens[id] ?? 0, until)
        case .identity(let identity):
            guard identities[identity] != nil || count < Self.maximumEntries else { return false }
            identities[identity] = max(identities[identity] ?? 0, until)
        }
        return true
    }
}
