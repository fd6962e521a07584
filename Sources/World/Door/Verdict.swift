/// What the door says to an intent.
public enum Verdict: Hashable, Sendable {
    case accepted
    case refused(Refusal)
}
