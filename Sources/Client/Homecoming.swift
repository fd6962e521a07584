public import CairnWorld

/// What has become of the edits that were open when a client came back: for one line on a screen.
public struct Homecoming: Hashable, Sendable, CustomStringConvertible {
    /// How many are in the world.
    public internal(set) var kept = 0
    /// Those that are not, in the order of their answers, with the reason and what would be accepted.
    public internal(set) var refused: [Refused] = []
    /// Those without an answer so far.
    var open: Set<UInt32>

    public struct Refused: Hashable, Sendable {
        public var intent: UInt32
        public var refusal: Refusal
    }

    init(open: Set<UInt32>) { self.open = open }

    /// For people.
    public var description: String {
        guard !refused.isEmpty else { return "\(kept) kept" }
        var reasons: [String] = []
        for one in refused where !reasons.contains(one.refusal.reason) {
            reasons.append(one.refusal.reason)
        }
        let named = reasons.prefix(3).joined(separator: "; ")
        return "\(kept) kept, \(refused.count) refused: \(named)"
            + (reasons.count > 3 ? "; …" : "")
    }

    mutating func accept(_ number: UInt32) {
        if open.remove(number) != nil { kept += 1 }
    }

    mutating func refuse(_ number: UInt32, _ refusal: Refusal) {
        guard open.remove(number) != nil else { return }
        refused.append(Refused(intent: number, refusal: refusal))
    }
}
