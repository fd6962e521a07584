// A limit that refuses also says when it would not, so that nobody has to guess how long to wait.

public import CairnBasics

extension RateLimit {
    /// Takes `cost` tokens, or says when there will be so many.
    ///
    /// - Parameter rule: `.rate` for a limit that counts intents, `.budget` for one that weighs them.
    /// - Returns: Nil when the tokens were there.
    /// - Precondition: `cost` is not negative.
    public mutating func refusal(
        of cost: Int, _ rule: Refusal.Rule = .budget, now: Instant
    ) -> Refusal? {
        let wait = wait(cost: cost, now: now)
        guard !admit(cost: cost, now: now) else { return nil }
        let what =
            rule == .budget ? "this costs \(cost) of what you may spend" : "too many at once"
        guard wait.nanoseconds < .max else {
            return Refusal(rule: rule, reason: "\(what), more than there ever is; ask for less")
        }
        // Rounded up, so that who waits as long is let in; a wait is hours at most.
        let milliseconds = wait.nanoseconds / 1_000_000 + 1
        return Refusal(
            rule: rule, reason: "\(what); wait \(milliseconds) ms",
            nearest: .later(milliseconds: UInt32(clamping: milliseconds)))
    }
}
