internal import CSodium
public import CairnBasics

/// Names where datagrams come from, for tables whose places no sender may choose.
///
/// SipHash-2-4 of the /32 of an IPv4 address or the /64 of an IPv6 one, under a key of this boot:
/// whoever holds the rest of a /64 is one source, and nobody can find two sources that share a row.
public struct SourceKey: Sendable {
    private let key: SecretMemory

    public init(entropy: inout SeededEntropy) { key = entropy.draw(16) }

    /// - Complexity: about 15 ns; nothing is allocated.
    public func name(of address: NetworkAddress) -> UInt64 {
        let isIPv4 = address.ipv4 != nil
        let input = (isIPv4 ? 0 : address.high, isIPv4 ? address.low : 0)
        var output: UInt64 = 0
        let status = unsafe withUnsafeBytes(of: input) { input in
            unsafe withUnsafeMutableBytes(of: &output) { output in
                unsafe crypto_shorthash_siphash24(
                    output.assumingMemoryBound(to: UInt8.self).baseAddress!,
                    input.assumingMemoryBound(to: UInt8.self).baseAddress!, UInt64(input.count),
                    key.bytes)
            }
        }
        precondition(status == 0)
        return output
    }
}
