// What an operator hears of datagrams that had no business here: one line every ten seconds while
// there are many, with how many of each kind, and nothing at all in peace.

import CairnRuntime
import CairnTransport
import Logging

struct StrangersMeter {
    private typealias Kind = (
        name: String, count: any KeyPath<ServerEndpointCounters, UInt64> & Sendable
    )

    /// Every kind by the name that it has in the log and in the report.
    private static let kinds: [Kind] = [
        ("ignored", \.datagramsIgnored), ("forged", \.forgeriesRefused),
        ("replayed", \.replaysRefused), ("badCookies", \.cookiesRefused),
        ("malformedTokens", \.tokensMalformed), ("unknownKeys", \.tokensOfUnknownKey),
        ("otherServers", \.tokensForOtherServers), ("expiredTokens", \.tokensExpired),
        ("revokedTokens", \.tokensRevoked), ("forgedTokens", \.tokensForged),
        ("badProofs", \.proofsRefused),
        ("sourceLimited", \.sourcesLimited), ("joinsDeferred", \.joinsDeferred),
        ("repliesDropped", \.repliesDropped),
    ]
    /// Refused datagrams in ten seconds that are worth a line: more than bad links explain.
    private static let worthALine: UInt64 = 1_000

    private var counted = ServerEndpointCounters()
    private var kernelDrops = 0

    /// The line's figures since the last call; nil when there is nothing to say.
    mutating func poll(
        _ counters: ServerEndpointCounters, kernelDrops drops: Int, underLoad: Bool
    ) -> Logger.Metadata? {
        defer {
            counted = counters
            kernelDrops = drops
        }
        var metadata: Logger.Metadata = [:]
        var total: UInt64 = UInt64(clamping: drops - kernelDrops)
        if total > 0 { metadata["kernelDropped"] = "\(total)" }
        for kind in Self.kinds {
            let count = counters[keyPath: kind.count] &- counted[keyPath: kind.count]
            total &+= count
            if count > 0 { metadata[kind.name] = "\(count)" }
        }
        guard total >= Self.worthALine || underLoad else { return nil }
        metadata["cookies"] = "\(counters.cookiesSent &- counted.cookiesSent)"
        metadata["underLoad"] = underLoad ? "yes" : "no"
        return metadata
    }

    /// All counters as the inside of a JSON object.
    static func json(_ counters: ServerEndpointCounters, kernelDrops: Int) -> String {
        let parts = kinds.map { "\"\($0.name)\":\(counters[keyPath: $0.count])" }
        return parts.joined(separator: ", ")
            + ", \"cookies\":\(counters.cookiesSent), \"datagrams\":\(counters.datagramsReceived)"
            + ", \"loadPeriods\":\(counters.loadPeriods), \"kernelDropped\":\(kernelDrops)"
    }
}
