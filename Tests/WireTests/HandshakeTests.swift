import CairnBasics
import CairnWire
import Testing

@Suite struct HandshakeTests {
    @Test func bothEndsDeriveTheSameKeys() throws {
        let scene = try JoinScene()
        let (hello, keys) = try #require(scene.answer())
        let outcome = try #require(scene.accept(hello.bytes))
        #expect(outcome.connectionID == 77)
        let atClient = (
            outcome.keys.clientSealer().keyIdentifier, outcome.keys.serverOpener().keyIdentifier
        )
        let atServer = (
            keys.clientOpener().keyIdentifier, keys.serverSealer().keyIdentifier
        )
        #expect(atClient == atServer && atClient.0 != atClient.1)
    }

    @Test func noBitOfAServersHelloCanChange() throws {
        let scene = try JoinScene()
        let (hello, _) = try #require(scene.answer())
        for bit in 0..<hello.bytes.count * 8 {
            #expect(scene.accept(flipped(hello.bytes, bit: bit)) == nil)
        }
        for count in 0..<hello.bytes.count {
            #expect(scene.accept(Array(hello.bytes.prefix(count))) == nil)
        }
    }

    @Test func noBitOfAProvenHelloCanChange() throws {
        let scene = try JoinScene()
        for bit in stride(from: 0, to: scene.hello.count * 8, by: 7) {
            #expect(!scene.isProven(flipped(scene.hello, bit: bit)), "bit \(bit)")
        }
        #expect(scene.isProven(scene.hello))
    }

    @Test func whoeverSawATokenButNotItsSecretCannotProveIt() throws {
        let scene = try JoinScene(seed: 1)
        let thief = try JoinScene(seed: 3)
        var forged = thief.hello
        forged.replaceSubrange(76..<76 + ConnectToken.sealedBytes, with: scene.token.sealedPart)
        #expect(!scene.isProven(forged))
    }

    @Test func theSameTokenNeverGivesTheSameKeysTwice() throws {
        let scene = try JoinScene()
        let variants = [
            scene.answer(), scene.answer(seed: 3), scene.answer(epoch: 6),
            scene.answer(serverID: 43),
        ]
        let names = variants.compactMap { $0?.1.serverSealer().keyIdentifier }
        #expect(names.count == 4 && Set(names).count == 4)
    }

    @Test func aRefusalIsBelievedOnlyFromTheServerThatOpenedTheToken() throws {
        let scene = try JoinScene()
        let refusal = JoinRefusal(.serverFull, nonce: scene.client.nonce, token: scene.contents)
        #expect(scene.refusal(in: refusal.bytes) == .serverFull)
        for bit in 0..<refusal.bytes.count * 8 {
            #expect(scene.refusal(in: flipped(refusal.bytes, bit: bit)) == nil)
        }
    }

    @Test func versionsMeetAtTheHighestThatBothSpeak() {
        #expect(ProtocolVersion.common(lowest: 1, highest: 9) == ProtocolVersion.spoken.upperBound)
        #expect(ProtocolVersion.common(lowest: 0, highest: 0) == nil)
        #expect(ProtocolVersion.common(lowest: 200, highest: 255) == nil)
    }
}

@Suite struct CookieTests {
    private let address = NetworkAddress(ipv4: 0x7f00_0001, port: 4)
    private let nonce = Code128(5, 6)
    private let now = Instant(nanoseconds: 41_000_000_000)

    private func key() -> CookieKey {
        var entropy = SeededEntropy(seed: seedBytes(1))
        return CookieKey(entropy: &entropy)
    }

    @Test func aCookieHoldsForItsAddressNonceAndTimeOnly() {
        let key = key()
        let cookie = key.cookie(for: address, nonce: nonce, now: now)
        func isValid(_ address: NetworkAddress, _ nonce: Code128, _ seconds: Int64) -> Bool {
            key.isValid(cookie, for: address, nonce: nonce, now: now + .seconds(seconds))
        }
        #expect(isValid(address, nonce, 0) && isValid(address, nonce, 4))
        #expect(!isValid(NetworkAddress(ipv4: 0x7f00_0001, port: 5), nonce, 0))
        #expect(!isValid(NetworkAddress(ipv4: 0x7f00_0002, port: 4), nonce, 0))
        #expect(!isValid(address, Code128(5, 7), 0))
        #expect(!isValid(address, nonce, 8))
        #expect(!isValid(address, nonce, -4))
    }

    @Test func aCookieOfAnotherBootIsWorthNothing() {
        var entropy = SeededEntropy(seed: seedBytes(2))
        let other = CookieKey(entropy: &entropy)
        let cookie = other.cookie(for: address, nonce: nonce, now: now)
        #expect(!key().isValid(cookie, for: address, nonce: nonce, now: now))
    }

    @Test func theAnswerToAHelloIsSmallerThanTheHello() {
        #expect(CookieReply.byteCount < ClientHello.byteCount)
        #expect(ServerHello.longestBytes * 20 < ClientHello.byteCount * 7, "0.35 at most")
        #expect(JoinRefusal.byteCount < ClientHello.byteCount)
    }
}
