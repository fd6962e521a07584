internal import CSodium
public import CairnBasics

/// Proof that its holder receives at an address: a code that only the server can make.
///
/// The server keeps nothing: it recomputes the code from the address, the client's nonce and the
/// time bucket. Valid for its own bucket and the next, four to eight seconds.
public struct Cookie: Sendable {
    public let bucket: UInt32
    public let code: Code128

    public init(bucket: UInt32, code: Code128) {
        self.bucket = bucket
        self.code = code
    }

    /// What a first hello carries.
    public static let empty = Cookie(bucket: 0, code: Code128(0, 0))

    public var isEmpty: Bool { bucket == 0 && code.matches(Code128(0, 0)) }
}

/// Makes and checks cookies: SipHash-2-4-128 under a key of this boot.
public struct CookieKey: Sendable {
    static let bucketNanoseconds: Int64 = 4_000_000_000
    private let key: SecretMemory

    public init(entropy: inout SeededEntropy) { key = entropy.draw(16) }

    /// The cookie for whoever asks now from `address`.
    public func cookie(for address: NetworkAddress, nonce: Code128, now: Instant) -> Cookie {
        let bucket = Self.bucket(at: now)
        return Cookie(bucket: bucket, code: code(address, nonce, bucket))
    }

    /// True when this key made `cookie` for this address and nonce within the last two buckets.
    public func isValid(
        _ cookie: Cookie, for address: NetworkAddress, nonce: Code128, now: Instant
    ) -> Bool {
        let age = Self.bucket(at: now) &- cookie.bucket
        return age <= 1 && code(address, nonce, cookie.bucket).matches(cookie.code)
    }

    private static func bucket(at now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / bucketNanoseconds)
    }

    private func code(_ address: NetworkAddress, _ nonce: Code128, _ bucket: UInt32) -> Code128 {
        let input = (
            address.high, address.low, UInt64(address.port) << 32 | UInt64(bucket), nonce.low,
            nonce.high
        )
        var output: (UInt64, UInt64) = (0, 0)
        let status = unsafe withUnsafeBytes(of: input) { input in
            unsafe withUnsafeMutableBytes(of: &output) { output in
                unsafe crypto_shorthash_siphashx24(
                    output.assumingMemoryBound(to: UInt8.self).baseAddress!,
                    input.assumingMemoryBound(to: UInt8.self).baseAddress!, UInt64(input.count),
                    key.bytes)
            }
        }
        precondition(status == 0)
        return Code128(UInt64(littleEndian: output.0), UInt64(littleEndian: output.1))
    }
}

/// The answer to a hello without a cookie: type, the client's nonce, the cookie. 37 bytes for 1200.
public struct CookieReply: Sendable {
    public static let byteCount = 37
    public let nonce: Code128
    public let cookie: Cookie

    public init(nonce: Code128, cookie: Cookie) {
        self.nonce = nonce
        self.cookie = cookie
    }

    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        var reader = ByteReader(bytes)
        do throws(CodecError) {
            guard try reader.get(UInt8.self) == PacketType.cookie.rawValue else { return nil }
            nonce = try reader.getCode()
            cookie = Cookie(bucket: try reader.get(UInt32.self), code: try reader.getCode())
        } catch {
            return nil
        }
    }

    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(PacketType.cookie.rawValue)
        try writer.put(nonce)
        try writer.put(cookie.bucket)
        try writer.put(cookie.code)
    }
}
