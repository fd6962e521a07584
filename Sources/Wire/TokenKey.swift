import CairnBasics

/// The key that connect tokens are sealed under, shared by whoever issues them and the servers.
///
/// It seals tokens and nothing else: traffic keys come from a token's secret and a fresh exchange.
/// Its description names it and hides it.
public struct TokenKey: Sendable, CustomStringConvertible {
    public static let byteCount = 32
    /// Names the key in a token's clear part, so that keys can be rotated with overlap.
    public let identifier: UInt32
    let memory: SecretMemory

    /// A key from 32 bytes; nil when there are more or fewer.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, sodiumReady() else { return nil }
        self.init(memory: SecretMemory(bytes.rawBytes))
    }

    /// A fresh key.
    public init(entropy: inout SeededEntropy) {
        self.init(memory: entropy.draw(Self.byteCount))
    }

    /// Reads what `secretText` wrote.
    public init?(secretText: String) {
        var utf8 = Array(secretText.utf8)
        defer { wipe(&utf8) }
        self.init(secretText: utf8.rawBytes)
    }

    /// Reads what `secretText` wrote, blanks around it aside; the key's bytes go nowhere but into
    /// memory that is wiped.
    public init?(secretText: RawSpan) {
        guard sodiumReady(),
            let memory = decodeBase64URL(secretText.withoutBlanks, byteCount: Self.byteCount)
        else { return nil }
        self.init(memory: memory)
    }

    private init(memory: SecretMemory) {
        self.memory = memory
        let name = deriveKey(.name, from: memory, byteCount: 16)
        identifier = UInt32(truncatingIfNeeded: name.load(at: 0))
    }

    /// The key itself as base64url, for a file of mode 0600; never for a log.
    public var secretText: String { encodeBase64URL(memory.span) }

    /// The key itself, for a file that only the own user can read.
    public var secretBytes: RawSpan {
        @_lifetime(borrow self) get { memory.span }
    }

    public var description: String { "token key \(hexadecimal(identifier))" }
}
