import CairnBasics

/// What both ends know after the hellos and no one else: the keys of one session.
///
/// master = BLAKE2b(key: session key of the token's secret; X25519 secret, both public keys, both
/// nonces, server id, epoch, connection id, version, cipher, both extension blocks); the first key of each direction is derived
/// from it, and each later one from the one before (`TrafficKey`).
/// Both nonces and both X25519 keys are fresh in every join and the epoch counts the server's
/// boots, so neither a token used again, nor another server, nor a restart brings a key back.
public struct SessionKeys: Sendable {
    /// Everything that the keys depend on besides the token's secret and the X25519 secret.
    public struct Transcript: Sendable {
        public var clientNonce: Code128
        public var serverNonce: Code128
        public var serverID: UInt64
        public var epoch: UInt64
        public var connectionID: UInt64
        public var version: UInt8
        public var cipher: Cipher
        /// The extensions of the client's hello and of the server's.
        public var offer: HelloExtensions
        public var answer: HelloExtensions

        public init(
            clientNonce: Code128, serverNonce: Code128, serverID: UInt64, epoch: UInt64,
            connectionID: UInt64, version: UInt8, cipher: Cipher, offer: HelloExtensions,
            answer: HelloExtensions
        ) {
            self.clientNonce = clientNonce
            self.serverNonce = serverNonce
            self.serverID = serverID
            self.epoch = epoch
            self.connectionID = connectionID
            self.version = version
            self.cipher = cipher
            self.offer = offer
            self.answer = answer
        }
    }

    let clientTraffic: TrafficKey
    let serverTraffic: TrafficKey
    let confirmation: SecretMemory
    /// The client's secret for choosing the packet numbers it skips.
    public let clientSkipSalt: UInt64
    /// The server's.
    public let serverSkipSalt: UInt64

    init(
        tokenSecret: SecretMemory, shared: SecretMemory, clientKey: RawSpan, serverKey: RawSpan,
        transcript: Transcript
    ) {
        var input = Self.encoded(
            shared: shared, clientKey: clientKey, serverKey: serverKey, transcript: transcript)
        defer { wipe(&input) }
        let master = SecretMemory(byteCount: 32)
        blake2b(into: master, key: deriveKey(.sessionMaster, from: tokenSecret), input.rawBytes)
        clientTraffic = TrafficKey(
            deriveKey(.clientTraffic, from: master), cipher: transcript.cipher)
        serverTraffic = TrafficKey(
            deriveKey(.serverTraffic, from: master), cipher: transcript.cipher)
        confirmation = deriveKey(.confirmation, from: master)
        let salts = deriveKey(.skipping, from: master)
        clientSkipSalt = salts.load(at: 0)
        serverSkipSalt = salts.load(at: 8)
    }

    /// Seals what the client sends; exactly one may be made from these keys.
    public func clientSealer(firstNumber: UInt64 = 0, ledger: SealLedger? = nil) -> Sealer {
        Sealer(clientTraffic, firstNumber: firstNumber, ledger: ledger)
    }
    /// Seals what the server sends; exactly one may be made from these keys.
    public func serverSealer(firstNumber: UInt64 = 0, ledger: SealLedger? = nil) -> Sealer {
        Sealer(serverTraffic, firstNumber: firstNumber, ledger: ledger)
    }
    public func clientOpener(firstNumber: UInt64 = 0) -> Opener {
        Opener(clientTraffic, firstNumber: firstNumber)
    }
    public func serverOpener(firstNumber: UInt64 = 0) -> Opener {
        Opener(serverTraffic, firstNumber: firstNumber)
    }

    private static func encoded(
        shared: SecretMemory, clientKey: RawSpan, serverKey: RawSpan, transcript: Transcript
    ) -> [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: 1_024) { (writer) throws(CodecError) in
                try writer.putBytes(shared.span)
                try writer.putBytes(clientKey)
                try writer.putBytes(serverKey)
                try writer.put(transcript.clientNonce)
                try writer.put(transcript.serverNonce)
                try writer.put(transcript.serverID)
                try writer.put(transcript.epoch)
                try writer.put(transcript.connectionID)
                try writer.put(transcript.version)
                try writer.put(transcript.cipher.rawValue)
                try transcript.offer.encode(into: &writer)
                try transcript.answer.encode(into: &writer)
            }
        } catch {
            preconditionFailure("a transcript has a longest length")
        }
    }
}
