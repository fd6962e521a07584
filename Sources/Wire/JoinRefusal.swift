import CairnBasics

/// Why a server that honours a token still does not let its holder in.
public enum RefusalReason: UInt8, CaseIterable, Sendable {
    /// Every slot is taken.
    case serverFull = 1
    /// The token's holder is connected already.
    case alreadyConnected = 2
    /// The two ends speak no common version.
    case versionMismatch = 3
    /// The server has more to do than it can, and keeps those it has: try again in a while.
    case overloaded = 4
}

extension RefusalReason: CustomStringConvertible {
    /// What a person who wanted to come in reads.
    public var description: String {
        switch self {
        case .serverFull: "the server is full"
        case .alreadyConnected: "already connected"
        case .versionMismatch: "no common version"
        case .overloaded: "the server is overloaded and lets nobody new in; try again in a while"
        }
    }
}

/// The server's no, told only to whoever proved to hold a good token: type, reason, the client's
/// nonce, and a code under a key of the token's secret. 34 bytes for 1200.
public struct JoinRefusal: Sendable {
    public static let byteCount = 34
    public let bytes: [UInt8]

    public init(_ reason: RefusalReason, nonce: Code128, token: TokenContents) {
        do throws(CodecError) {
            let clear = try Self.clearPart(reason, nonce: nonce)
            let key = deriveKey(.refusal, from: token.secret)
            let code = authenticationCode(key: key, clear.rawBytes)
            bytes =
                try clear
                + encodeBytes(capacity: 16) { (writer) throws(CodecError) in try writer.put(code) }
        } catch {
            preconditionFailure("a refusal has a fixed length")
        }
    }

    fileprivate static func clearPart(
        _ reason: RefusalReason, nonce: Code128
    ) throws(CodecError) -> [UInt8] {
        try encodeBytes(capacity: byteCount) { (writer) throws(CodecError) in
            try writer.put(PacketType.refusal.rawValue)
            try writer.put(reason.rawValue)
            try writer.put(nonce)
        }
    }
}

extension ClientHandshake {
    /// Reads a refusal; nil when the server that honours this token did not write it.
    public func refusal(in datagram: RawSpan) -> RefusalReason? {
        guard datagram.byteCount == JoinRefusal.byteCount else { return nil }
        var reader = ByteReader(datagram)
        do throws(CodecError) {
            guard try reader.get(UInt8.self) == PacketType.refusal.rawValue,
                let reason = RefusalReason(rawValue: try reader.get(UInt8.self)),
                nonce.matches(try reader.getCode())
            else { return nil }
            let clear = try JoinRefusal.clearPart(reason, nonce: nonce)
            let key = deriveKey(.refusal, from: token.secret)
            let expected = authenticationCode(key: key, clear.rawBytes)
            return expected.matches(try reader.getCode()) ? reason : nil
        } catch {
            return nil
        }
    }
}
