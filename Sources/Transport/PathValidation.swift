import CairnBasics
import CairnWire

/// Whether a peer that appears at a new address really receives there (RFC 9000, section 8.2).
///
/// One candidate at a time and one challenge per interval, so that an attacker who replays packets
/// from elsewhere cannot make the server speak more than he does. The old address stays in use
/// until the challenge comes back.
struct PathValidation {
    private struct Candidate {
        let address: NetworkAddress
        let challenge: UInt64
        var challengedAt: Instant
    }

    private var candidate: Candidate?

    /// A genuine packet came from an address that is not the peer's: what to send there, if
    /// anything.
    mutating func challenge(
        for address: NetworkAddress, now: Instant, entropy: inout SeededEntropy
    ) -> UInt64? {
        if let known = candidate {
            guard now - known.challengedAt >= TransportLimits.challengeInterval else { return nil }
            if known.address == address {
                candidate?.challengedAt = now
                return known.challenge
            }
        }
        let challenge = entropy.word()
        candidate = Candidate(address: address, challenge: challenge, challengedAt: now)
        return challenge
    }

    /// True when `response`, which came from `address`, answers the challenge sent there.
    mutating func accept(_ response: UInt64, from address: NetworkAddress) -> Bool {
        guard let known = candidate, known.address == address, known.challenge == response else {
            return false
        }
        candidate = nil
        return true
    }
}
