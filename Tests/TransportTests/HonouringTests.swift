import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct HonouringTests {
    private func list(_ subjects: RevocationList.Subject...) -> RevocationList {
        var list = RevocationList()
        for subject in subjects {
            _ = list.revoke(subject, untilMilliseconds: RevocationList.forGood)
        }
        return list
    }

    @Test func aRevokedTokenGetsNoAnswerAndCostsNoOpening() {
        let pair = Pair()
        let token = pair.token()
        #expect(pair.honour([pair.key], list(.token(token.id))).isEmpty)
        let client = pair.addClient(token: token)
        pair.run(for: .seconds(2))
        #expect(client.state == .connecting && pair.connectionCount == 0)
        #expect(pair.counters.tokensRevoked > 0 && pair.counters.joinsRefused == 0)
        // Another token of the same account is another token.
        let second = pair.addClient(token: pair.token())
        pair.run(for: .milliseconds(200))
        #expect(second.state == .connected)
    }

    @Test func noTokenOfARevokedIdentityIsHonoured() {
        let pair = Pair()
        #expect(pair.honour([pair.key], list(.identity(7))).isEmpty)
        let client = pair.addClient(token: pair.token(identity: 7))
        let other = pair.addClient(token: pair.token(identity: 8))
        pair.run(for: .seconds(2))
        #expect(client.state == .connecting && other.state == .connected)
        #expect(pair.counters.tokensRevoked > 0)
    }

    @Test func aRevocationEndsAtItsTime() {
        let pair = Pair()
        var list = RevocationList()
        _ = list.revoke(.identity(7), untilMilliseconds: pair.wallMilliseconds + 1_000)
        #expect(pair.honour([pair.key], list).isEmpty)
        let client = pair.addClient(token: pair.token(identity: 7))
        pair.run(for: .milliseconds(900))
        #expect(client.state == .connecting)
        pair.run(for: .seconds(2))
        #expect(client.state == .connected)
    }

    @Test func whoeverIsConnectedAndRevokedIsNamed() throws {
        let pair = Pair()
        let byToken = pair.token(identity: 1)
        for token in [byToken, pair.token(identity: 2), pair.token(identity: 3)] {
            pair.addClient(token: token)
        }
        pair.run(for: .milliseconds(300))
        let named = pair.honour([pair.key], list(.token(byToken.id), .identity(3)))
        #expect(Set(named.compactMap { pair.joined[$0]?.identity }) == [1, 3])
        // The endpoint names them and leaves the goodbye to its caller.
        #expect(pair.connectionCount == 3)
    }

    @Test func aJoinUnderWayEndsWhenItsTokenIsRevoked() {
        let pair = Pair()
        let token = pair.token()
        let client = pair.addClient(token: token)
        pair.run(limit: .seconds(1)) { pair.connectionCount == 0 }
        #expect(pair.joined.isEmpty && pair.connectionCount == 1)
        #expect(pair.honour([pair.key], list(.token(token.id))).isEmpty)
        #expect(pair.connectionCount == 0)
        pair.run(for: .seconds(1))
        #expect(pair.joined.isEmpty && pair.connectionCount == 0)
        #expect(client.closed == nil)
    }

    @Test func keysAreChangedWithoutAGap() {
        let pair = Pair()
        let new = TokenKey(entropy: &pair.entropy)
        let old = pair.addClient()
        pair.run(for: .milliseconds(200))
        // Both keys for a while: tokens of either let their holders in.
        #expect(pair.honour([new, pair.key], RevocationList()).isEmpty)
        let late = pair.addClient()
        let early = pair.addClient(token: pair.token(identity: 9, key: new))
        pair.run(for: .milliseconds(300))
        #expect(late.state == .connected && early.state == .connected)
        // The old key goes: its tokens are worth nothing, its sessions go on.
        #expect(pair.honour([new], RevocationList()).isEmpty)
        let tooLate = pair.addClient()
        let inTime = pair.addClient(token: pair.token(identity: 10, key: new))
        pair.run(for: .seconds(1))
        #expect(tooLate.state == .connecting && pair.counters.tokensOfUnknownKey > 0)
        #expect(inTime.state == .connected && old.state == .connected)
    }
}
