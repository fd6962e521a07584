import Foundation

/// A session as it went over the wire, with all that is needed to open it: a file of
/// `protocol/golden/v1`.
struct GoldenCapture: Codable {
    struct Datagram: Codable {
        /// Milliseconds since the first.
        let at: Int
        /// `client` or `server`.
        let from: String
        let hex: String
        /// What it says: a word for a datagram of the handshake, the frames of a sealed packet.
        var says: [String] = []
        /// A sealed packet's frames, opened.
        var frames: String?
    }

    var about: String
    /// `cairn1.` and so on; its secret is in it.
    var tokenText: String
    /// What the client drew its nonce and key from, as Swift's `SeededEntropy` does it.
    var clientSeed: String
    /// What came of that, for all others.
    var clientNonce: String
    var clientSecretKey: String
    var datagrams: [Datagram]

    private static func file(_ name: String) -> URL {
        URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "protocol/golden/\(name).json")
    }

    static func stored(_ name: String) throws -> GoldenCapture {
        try JSONDecoder().decode(GoldenCapture.self, from: Data(contentsOf: file(name)))
    }

    /// Versions that were released have a folder of their own, and nothing in it ever changes.
    static func names() throws -> [String] {
        let root = file("x").deletingLastPathComponent()
        return try FileManager.default.subpathsOfDirectory(atPath: root.path)
            .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    func store(_ name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let url = Self.file(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(self).write(to: url)
    }
}
