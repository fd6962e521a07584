import CairnBasics
import CairnReplication
import CairnWire
import CairnWorld
import Foundation
import Testing
import VectorKit

/// Sessions that were captured once: today's code opens and understands every datagram of them, and
/// writes what it read as the same bytes. See protocol/CHANGELOG.md for what becomes of them in a
/// release.
///
/// To capture those of the version that is being made anew: `CAIRN_WRITE_VECTORS=1 swift test
/// --filter Golden`.
@Suite(.serialized) struct GoldenPacketsTests {
    /// The captures of a version that is not released, and how soon keys change in them. Taken out of
    /// here when it is.
    private static let unreleased: [String: UInt64] = ["v1/session": 1 << 22, "v1/keys": 20]

    @Test func captureThoseOfTheVersionBeingMade() throws {
        guard ProcessInfo.processInfo.environment["CAIRN_WRITE_VECTORS"] != nil else { return }
        for (name, packetsPerKey) in Self.unreleased {
            var capture = try GoldenSession.capture(
                packetsPerKey: packetsPerKey,
                about: "Two clients walk, one edits, speaks, moves to another address and leaves; "
                    + "keys change every \(packetsPerKey) packets.")
            var entropy = SeededEntropy(seed: try #require(unhex(capture.clientSeed)))
            capture.clientNonce = hex(word(&entropy) + word(&entropy))
            capture.clientSecretKey = hex(entropy.bytes(32))
            var reader = try GoldenReader(capture)
            for index in capture.datagrams.indices {
                let bytes = try #require(unhex(capture.datagrams[index].hex))
                let reading = try reader.read(bytes)
                capture.datagrams[index].says = reading.says
                capture.datagrams[index].frames = reading.frames.map { hex($0) }
            }
            try capture.store(name)
        }
    }

    @Test func everyDatagramIsReadAsItWasMeantAndWrittenAsItWas() throws {
        let names = try GoldenCapture.names()
        #expect(Set(names).isSuperset(of: Self.unreleased.keys))
        for name in names {
            let capture = try GoldenCapture.stored(name)
            var reader = try GoldenReader(capture)
            for (index, datagram) in capture.datagrams.enumerated() {
                let bytes = try #require(unhex(datagram.hex))
                let reading = try reader.read(bytes)
                #expect(reading.says == datagram.says, "\(name), datagram \(index)")
                #expect(
                    reading.frames.map { hex($0) } == datagram.frames, "\(name), datagram \(index)")
                if let again = reading.again {
                    #expect(again == bytes, "\(name), datagram \(index)")
                }
            }
        }
    }

    /// A receiver that is shown the state of a session has at every digest the page that the server
    /// had.
    @Test func theStateOfASessionIsWhatItsDigestsSay() throws {
        for name in try GoldenCapture.names() {
            let capture = try GoldenCapture.stored(name)
            var replica = Replica(cellMetres: 8, tickHertz: 20)
            for datagram in capture.datagrams where datagram.from == "server" {
                guard let frames = datagram.frames.flatMap(unhex) else { continue }
                try Self.show(frames, to: &replica)
            }
            #expect(replica.counts.digestsAgreed > 30 && replica.counts.digestsDiffered == 0)
        }
    }

    /// A capture is worth keeping while it has all that happens in a session.
    @Test func theCapturesHaveOneOfEverything() throws {
        var words: Set<String> = []
        for name in try GoldenCapture.names() {
            for datagram in try GoldenCapture.stored(name).datagrams {
                for word in datagram.says {
                    words.insert(String(word.prefix { $0.isLetter || $0 == " " }))
                }
            }
        }
        for word in [
            "first hello", "cookie", "hello with the cookie", "hello", "acknowledgement of ",
            "message ", "ping", "pong", "path challenge", "path response", "close ", "steering ",
            "tick ", "keyframe of page ", "change of page ", "properties of page ",
            "digest of page ",
        ] { #expect(words.contains(word), "no \(word)") }
    }

    private static func show(_ frames: [UInt8], to replica: inout Replica) throws {
        var reader = FrameReader(frames.rawBytes)
        var tick: Tick?
        while let frame = try reader.next() {
            if frame.type == .tick {
                var body = ByteReader(frame.body)
                let opened = try TickFrame(decoding: &body).tick
                tick = replica.open(tick: opened) ? opened : nil
            } else if let tick, !frame.type.isTransport {
                try replica.receive(frame.type, frame.body, tick: tick)
            }
        }
    }

    private func word(_ entropy: inout SeededEntropy) -> [UInt8] {
        withUnsafeBytes(of: entropy.word().littleEndian, Array.init)
    }
}
