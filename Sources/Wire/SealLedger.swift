/// A witness of every seal, for tests and simulations: each key's numbers must only grow, so that
/// no nonce is ever used twice with one key.
///
/// Stricter than "no pair of key and nonce twice", which follows from it, and needs no more than a
/// word for each key. A sealer without one pays a comparison with nil for each packet.
///
/// Unchecked: whoever gives one to several endpoints runs them all in one thread.
public final class SealLedger: @unchecked Sendable {
    private struct Entry {
        var last: UInt64
        var count: UInt64
    }

    private var entries: [UInt64: Entry] = [:]
    /// Seals whose nonce was not above the last one under its key.
    public private(set) var repeatedNonces = 0
    public private(set) var seals: UInt64 = 0
    /// The most packets that one key has sealed.
    public private(set) var longestKeyLife: UInt64 = 0

    public init() {}

    public var keyCount: Int { entries.count }

    func note(key: UInt64, nonce: UInt64) {
        seals &+= 1
        guard var entry = entries[key] else {
            entries[key] = Entry(last: nonce, count: 1)
            longestKeyLife = max(longestKeyLife, 1)
            return
        }
        if nonce <= entry.last { repeatedNonces += 1 }
        entry.last = max(entry.last, nonce)
        entry.count &+= 1
        entries[key] = entry
        longestKeyLife = max(longestKeyLife, entry.count)
    }
}
