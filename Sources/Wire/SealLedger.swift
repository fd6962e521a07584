/// A witness of every seal, for tests and simulations: no sealer ever begins with a key that there
/// was before, and each key's nonces only grow, so that none is ever used twice with one key.
///
/// Stricter than "no pair of key and nonce twice", which follows from it, and needs no more than a
/// word for each key. A sealer without one pays a comparison with nil for each packet.
///
/// Unchecked: whoever gives one to several endpoints runs them all in one thread.
public final class SealLedger: @unchecked Sendable {
    private struct Entry {
        var last: UInt64?
        var count: UInt64 = 0
    }

    private var entries: [UInt64: Entry] = [:]
    /// Keys that a sealer began with although another had, or it had itself.
    public private(set) var repeatedKeys = 0
    /// Seals whose nonce was not above the last one under its key.
    public private(set) var repeatedNonces = 0
    public private(set) var seals: UInt64 = 0
    /// The most packets that one key has sealed.
    public private(set) var longestKeyLife: UInt64 = 0

    public init() {}

    public var keyCount: Int { entries.count }

    /// A sealer begins to use a key.
    func begin(key: UInt64) {
        if entries[key] == nil { entries[key] = Entry() } else { repeatedKeys += 1 }
    }

    func note(key: UInt64, nonce: UInt64) {
        seals &+= 1
        var entry = entries[key] ?? Entry()
        if let last = entry.last, nonce <= last { repeatedNonces += 1 }
        entry.last = max(entry.last ?? 0, nonce)
        entry.count &+= 1
        entries[key] = entry
        longestKeyLife = max(longestKeyLife, entry.count)
    }
}
