import CairnBasics
import CairnWire
import Testing

/// Today's code beside a future one, and someone between them.
@Suite struct NegotiationTests {
    typealias Entry = HelloExtensions.Entry
    private static let future = HelloExtensions([
        Entry(type: 1, body: [0xdc, 5]), Entry(type: 3, body: []),
        Entry(type: 0x7777, body: [UInt8](repeating: 9, count: 200)),
    ])

    @Test func aFutureClientJoinsTodaysServer() throws {
        let scene = try JoinScene(versions: 1...9, extensions: Self.future)
        let (hello, keys) = try #require(scene.answer())
        let outcome = try #require(scene.accept(hello.bytes))
        #expect(outcome.version == 1)
        #expect(outcome.extensions.maximumDatagramBytes == 9_000)
        #expect(outcome.extensions.entries.map(\.type) == [1], "only what the server knows")
        let names = (keys.clientSealer().keyIdentifier, outcome.keys.clientSealer().keyIdentifier)
        #expect(names.0 == names.1)
    }

    @Test func aFutureServerAnswersTodaysClient() throws {
        let scene = try JoinScene()
        let hello = try #require(
            scene.answer(own: Self.future, versions: 1...9)?.0)
        let outcome = try #require(scene.accept(hello.bytes))
        #expect(outcome.version == 1)
        #expect(outcome.extensions.entries == [Entry(type: 1, body: [0xdc, 5])])
    }

    @Test func twoFutureEndsSettleForTheNewestThatBothSpeak() throws {
        let scene = try JoinScene(versions: 2...9, extensions: Self.future)
        let hello = try #require(scene.answer(own: Self.future, versions: 1...4)?.0)
        let outcome = try #require(scene.accept(hello.bytes))
        #expect(outcome.version == 4 && outcome.extensions == Self.future)
        #expect(scene.answer(versions: 10...12) == nil && scene.answer(versions: 1...1) == nil)
    }

    @Test func aHelloWithoutExtensionsIsAnsweredWithNone() throws {
        let scene = try JoinScene(extensions: HelloExtensions())
        let hello = try #require(scene.answer()?.0)
        let outcome = try #require(scene.accept(hello.bytes))
        #expect(outcome.extensions.entries.isEmpty)
        #expect(outcome.extensions.maximumDatagramBytes == 1_200)
    }

    /// Someone who changes what is offered breaks the proof; someone who changes what is answered
    /// breaks the confirmation.
    @Test func nobodyBetweenThemGetsThemToSettleForLess() throws {
        let scene = try JoinScene(versions: 1...4, extensions: Self.future)
        var weaker = scene.hello
        weaker[6] = 1
        #expect(!scene.isProven(weaker), "the highest version")
        weaker = scene.hello
        weaker.replaceSubrange(332..<334, with: [0, 0])
        #expect(!scene.isProven(weaker), "the extensions")
        let answer = try #require(scene.answer(own: Self.future, versions: 1...4)?.0).bytes
        #expect(scene.accept(answer)?.version == 4)
        var older = answer
        older[1] = 1
        #expect(scene.accept(older) == nil)
        var poorer = answer
        poorer.replaceSubrange(91..<answer.count - 16, with: [0, 0])
        #expect(scene.accept(poorer) == nil)
        for bit in 91 * 8..<answer.count * 8 {
            #expect(scene.accept(flipped(answer, bit: bit)) == nil)
        }
    }

    /// Even when whoever is between them could forge proofs: the keys themselves differ.
    @Test func keysDependOnBothBlocksAndTheVersion() throws {
        let scene = try JoinScene(versions: 1...4, extensions: Self.future)
        let names = [
            scene.answer(own: Self.future), scene.answer(own: HelloExtensions()),
            scene.answer(offer: HelloExtensions([Entry(type: 1, body: [0xdc, 5])])),
            scene.answer(own: Self.future, versions: 1...4),
        ].map { $0?.1.serverSealer().keyIdentifier }
        #expect(Set(names).count == 4 && !names.contains(nil))
    }
}

@Suite struct HelloExtensionsTests {
    private func read(_ bytes: [UInt8], atMost limit: Int = 512) -> HelloExtensions? {
        var reader = ByteReader(bytes.rawBytes)
        return try? HelloExtensions(decoding: &reader, atMost: limit)
    }

    private func bytes(_ extensions: HelloExtensions) -> [UInt8] {
        try! encodeBytes(capacity: 514) { (writer) throws(CodecError) in
            try extensions.encode(into: &writer)
        }
    }

    @Test func whatIsWrittenIsRead() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<1_000 {
            var type: UInt16 = 1
            let entries = (0..<random.below(12)).map { _ in
                type += 1 + UInt16(random.below(5_000))
                return HelloExtensions.Entry(
                    type: type,
                    body: (0..<random.below(30)).map { _ in UInt8(truncatingIfNeeded: random.next())
                    })
            }
            let block = bytes(HelloExtensions(entries))
            #expect(read(block)?.entries == entries)
            for count in 0..<block.count { #expect(read(Array(block.prefix(count))) == nil) }
        }
    }

    @Test(
        arguments: [
            [4, 0, 1, 0, 0, 0], [6, 0, 1, 0, 2, 0, 0xaf, 4], [7, 0, 1, 0, 3, 0, 0, 5, 0],
            [8, 0, 5, 0, 0, 0, 5, 0, 0, 0], [8, 0, 5, 0, 0, 0, 4, 0, 0, 0], [4, 0, 5, 0, 1, 0],
            [3, 0, 5, 0, 0], [1, 2] + [UInt8](repeating: 0, count: 513),
        ] as [[UInt8]])
    func malformedBlocksAreRefused(block: [UInt8]) {
        #expect(read(block) == nil)
    }

    /// A reader that keeps what it reads writes the very same bytes: the keys depend on them.
    @Test func whatReadsAtAllReadsAsItsOwnBytes() {
        var random = SeededRandom(seed: 2)
        var read = 0
        for _ in 0..<200_000 {
            var block = (0..<2 + random.below(20)).map { _ in
                UInt8(random.chance(Ratio(1, in: 2)) ? 0 : random.below(8))
            }
            block[0] = UInt8(block.count - 2)
            block[1] = 0
            guard let extensions = self.read(block) else { continue }
            read += 1
            #expect(bytes(extensions) == block)
        }
        #expect(read > 1_000)
    }

    @Test func aServersBlockIsShorter() {
        let long = HelloExtensions([.init(type: 9, body: [UInt8](repeating: 0, count: 253))])
        #expect(read(bytes(long)) == long && read(bytes(long), atMost: 256) == nil)
    }

    @Test func aMessageWindowComesBackAndOneThatNobodyMaySayIsMalformed() throws {
        for window in [
            MessageWindow.least, .most, MessageWindow(bytes: 1_000_000, messages: 700),
        ] {
            let said = HelloExtensions(maximumDatagramBytes: 1_472, window: window)
            #expect(said.messageWindow == window)
            #expect(said.entries.count == (window == .least ? 1 : 2))
        }
        let bad: [[UInt8]] = [
            [], [0, 0, 8, 0, 0], [0, 0, 8, 0, 0, 1], [255, 255, 7, 0, 0, 2], [1, 0, 0, 4, 0, 2],
            [0, 0, 8, 0, 1, 128],
        ]
        for body in bad {
            let block = try encodeBytes(capacity: 64) { (writer) throws(CodecError) in
                try HelloExtensions([.init(type: 2, body: body)]).encode(into: &writer)
            }
            #expect(throws: CodecError.malformed, "\(body)") {
                var reader = ByteReader(block.rawBytes)
                _ = try HelloExtensions(decoding: &reader, atMost: 512)
            }
        }
    }
}
