internal import CSodium
import CairnBasics

// Base64 with the URL alphabet and no padding (RFC 4648, section 5), by libsodium's constant-time
// code, since what goes through it is secret.

func encodeBase64URL(_ bytes: [UInt8]) -> String {
    let variant = CInt(sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    let capacity = sodium_base64_encoded_len(bytes.count, variant)
    return unsafe String(unsafeUninitializedCapacity: capacity) { text in
        unsafe text.withMemoryRebound(to: CChar.self) { text in
            _ = unsafe sodium_bin2base64(text.baseAddress!, capacity, bytes, bytes.count, variant)
        }
        // libsodium ends its text with a zero, which is no part of a Swift string.
        return capacity - 1
    }
}

/// The bytes that `text` stands for; nil unless there are exactly `byteCount` of them.
func decodeBase64URL(_ text: String, byteCount: Int) -> [UInt8]? {
    let variant = CInt(sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    guard text.utf8.count == (byteCount * 4 + 2) / 3 else { return nil }
    var text = text
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var decodedCount = 0
    let status = text.withUTF8 { text in
        unsafe text.withMemoryRebound(to: CChar.self) { text in
            unsafe sodium_base642bin(
                &bytes, byteCount, text.baseAddress!, text.count, nil, &decodedCount, nil, variant)
        }
    }
    return status == 0 && decodedCount == byteCount ? bytes : nil
}
