// AES has two implementations, and a peer may have either. A machine that has the faster one never runs
// the other, so a test holds them against each other here.

import CairnBasics

/// Seals and opens by both implementations of AES-GCM; true when each makes and takes the other's
/// packets, and neither takes one with a bit turned. Nil where there is only one.
/// - Parameters:
///   - key: 32 bytes; `turned`: which bit of the sealed packet is turned for the last question.
package func aesImplementationsAgree(
    key: RawSpan, number: UInt64, header: [UInt8], clear: [UInt8], turned: Int
) -> Bool? {
    guard TrafficKey.engine(of: .aes256GCM) == .multiBufferAES else { return nil }
    let secret = SecretMemory(key)
    let codes = [TrafficKey(secret, .multiBufferAES), TrafficKey(secret, .sodiumAES)]
    let nonce = PacketNonce(number)
    let packet = header + clear + [UInt8](repeating: 0, count: SealLimits.tagBytes)
    let sealed = codes.map { code in
        var sealed = packet
        unsafe sealed.withUnsafeMutableBytes { sealed in
            unsafe clear.withUnsafeBytes { clear in
                unsafe code.encrypt(
                    clear, into: sealed, headerBytes: header.count, nonce: nonce)
            }
        }
        return sealed
    }
    func opened(_ code: TrafficKey, _ sealed: [UInt8]) -> [UInt8]? {
        var packet = sealed
        let holds = unsafe packet.withUnsafeMutableBytes { packet in
            unsafe code.decrypt(packet, headerBytes: header.count, nonce: nonce)
        }
        return holds ? Array(packet[header.count..<header.count + clear.count]) : nil
    }
    var forged = sealed[0]
    forged[turned / 8 % forged.count] ^= 1 << UInt8(turned % 8)
    return sealed[0] == sealed[1]
        && codes.allSatisfy { opened($0, sealed[0]) == clear && opened($0, forged) == nil }
}
