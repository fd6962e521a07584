import CairnBasics
import CairnWire
import Testing

@Suite struct ConnectTokenTests {
    let scene: JoinScene

    init() throws { scene = try JoinScene() }

    private func inspect(
        _ sealed: [UInt8], keys: [TokenKey]? = nil, serverID: UInt64 = JoinScene.serverID,
        at wallMilliseconds: UInt64 = JoinScene.wallMilliseconds
    ) throws(TokenError) -> TokenContents {
        try ConnectToken.inspect(
            sealed.rawBytes, keys: keys ?? [scene.key], serverID: serverID,
            wallMilliseconds: wallMilliseconds)
    }

    @Test func theServerReadsWhatTheIssuerWrote() throws {
        let contents = try inspect(scene.token.sealedPart)
        #expect(
            contents.identity
                == ClientIdentity(identity: 7, role: .device, capabilities: 3, name: "Ada"))
        #expect(contents.issuedMilliseconds == JoinScene.wallMilliseconds)
        #expect(contents.expiryMilliseconds == JoinScene.wallMilliseconds + 60_000)
    }

    @Test func theTextFormComesBackWhole() throws {
        let token = try #require(ConnectToken(text: scene.token.text))
        #expect(token.sealedPart == scene.token.sealedPart)
        #expect(token.id == scene.contents.id)
        #expect(token.text == scene.token.text)
    }

    @Test func noCutOrStretchedTextIsAToken() {
        let text = scene.token.text
        for count in 0..<text.count {
            #expect(ConnectToken(text: String(text.prefix(count))) == nil)
        }
        #expect(ConnectToken(text: text + "A") == nil)
        for stray in ["\0", " ", "\n"] {
            #expect(ConnectToken(text: text + stray) == nil)
            #expect(
                ConnectToken(text: text.replacingOccurrence(of: "cairn1.", with: "cairn1.\(stray)"))
                    == nil)
        }
        #expect(ConnectToken(text: text.replacingOccurrence(of: "cairn1.", with: "cairn2.")) == nil)
    }

    @Test func noTextWithLettersOfOtherAlphabetsIsAToken() {
        let text = scene.token.text
        for letter in (0x80...0x7ff as ClosedRange<UInt32>).compactMap(UnicodeScalar.init) {
            #expect(
                ConnectToken(text: text.prefix(text.count - 25) + "\(letter)" + text.suffix(23))
                    == nil)
        }
    }

    @Test func noBitOfASealedTokenCanChange() throws {
        for bit in 0..<scene.token.sealedPart.count * 8 {
            #expect(throws: TokenError.self) {
                try inspect(flipped(scene.token.sealedPart, bit: bit))
            }
        }
    }

    @Test func aTokenIsWorthNothingAfterItsExpiry() throws {
        let expiry = scene.token.expiryMilliseconds
        #expect(try inspect(scene.token.sealedPart, at: expiry - 1).identity.identity == 7)
        #expect(throws: TokenError.expired) { try inspect(scene.token.sealedPart, at: expiry) }
    }

    @Test func aTokenForAnotherServerIsRefused() {
        #expect(throws: TokenError.wrongServer) {
            try inspect(scene.token.sealedPart, serverID: 43)
        }
    }

    @Test func aTokenMayBeForEightServersAndIsForNoOther() throws {
        var entropy = SeededEntropy(seed: seedBytes(5))
        for count in 1...ConnectToken.maximumServers {
            let servers = (1...UInt64(count)).map { $0 * 1_000 }
            let token = ConnectToken.issue(
                for: ClientIdentity(identity: 7, name: "Ada"), servers: servers, key: scene.key,
                wallMilliseconds: JoinScene.wallMilliseconds, lifetimeMilliseconds: 60_000,
                entropy: &entropy)
            #expect(token.sealedPart.count == 256)
            for server in servers {
                let contents = try inspect(token.sealedPart, serverID: server)
                #expect(contents.servers == servers && contents.identity.name == "Ada")
            }
            for other in [0, 1, UInt64(count + 1) * 1_000] {
                #expect(throws: TokenError.wrongServer) {
                    try inspect(token.sealedPart, serverID: other)
                }
            }
        }
    }

    @Test func everyTokenHasAnIdOfItsOwn() throws {
        var entropy = SeededEntropy(seed: seedBytes(6))
        var ids: Set<UInt64> = []
        for _ in 0..<1_000 {
            let token = ConnectToken.issue(
                for: ClientIdentity(identity: 7), serverID: 1, key: scene.key,
                wallMilliseconds: 0, lifetimeMilliseconds: 1, entropy: &entropy)
            ids.insert(token.id)
        }
        #expect(ids.count == 1_000)
    }

    @Test func theChecksComeInTheStandardsOrder() throws {
        // Forged, expired, of no known key and for another server at once: the cheapest counts.
        let worst = flipped(scene.token.sealedPart, bit: 8 * 100)
        let expiry = scene.token.expiryMilliseconds
        #expect(throws: TokenError.unknownKey) {
            try inspect(worst, keys: [], serverID: 43, at: expiry)
        }
        #expect(throws: TokenError.expired) { try inspect(worst, serverID: 43, at: expiry) }
        #expect(throws: TokenError.forged) { try inspect(worst, serverID: 43) }
        #expect(throws: TokenError.malformed) {
            try inspect(flipped(worst, bit: 0), keys: [], serverID: 43, at: expiry)
        }
    }

    @Test func aTokenOfAKeyThatTheServerDoesNotHaveIsRefused() throws {
        var entropy = SeededEntropy(seed: seedBytes(99))
        let other = TokenKey(entropy: &entropy)
        #expect(throws: TokenError.unknownKey) {
            try inspect(scene.token.sealedPart, keys: [other])
        }
        #expect(
            try inspect(scene.token.sealedPart, keys: [other, scene.key]).identity.name == "Ada")
    }

    @Test func aKeySurvivesItsTextAndHidesInItsDescription() throws {
        let key = try #require(TokenKey(secretText: scene.key.secretText))
        #expect(
            TokenKey(secretText: " \t" + scene.key.secretText + "\r\n")?.identifier
                == key.identifier)
        #expect(TokenKey(secretText: "\0" + scene.key.secretText) == nil)
        #expect(try inspect(scene.token.sealedPart, keys: [key]).identity.name == "Ada")
        #expect(!"\(key)".contains(scene.key.secretText))
        #expect(!"\(scene.token)".contains(scene.token.text.suffix(43)))
    }

    @Test func aLongNameIsCutAtACharacter() {
        let identity = ClientIdentity(identity: 1, name: String(repeating: "é", count: 40))
        #expect(identity.name == String(repeating: "é", count: 16))
    }
}

extension String {
    fileprivate func replacingOccurrence(of prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
