internal import CSodium
import CairnBasics

// Base64 with the URL alphabet and no padding (RFC 4648, section 5), by libsodium's constant-time
// code, since what goes through it is secret.

func encodeBase64URL(_ bytes: RawSpan) -> String {
    let variant = CInt(sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    let capacity = sodium_base64_encoded_len(bytes.byteCount, variant)
    return unsafe String(unsafeUninitializedCapacity: capacity) { text in
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                _ = unsafe sodium_bin2base64(
                    text.baseAddress!, capacity, bytes.bindMemory(to: UInt8.self).baseAddress!,
                    bytes.count, variant)
            }
        }
        // libsodium ends its text with a zero, which is no part of a Swift string.
        return capacity - 1
    }
}

/// The bytes that `text` stands for; nil unless there are exactly `byteCount` of them.
func decodeBase64URL(_ text: RawSpan, byteCount: Int) -> SecretMemory? {
    let variant = CInt(sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    // The library takes some bytes of 0x80 and more for letters.
    guard text.byteCount == (byteCount * 4 + 2) / 3, text.isASCII else { return nil }
    let bytes = SecretMemory(byteCount: byteCount)
    var decodedCount = 0
    let status = unsafe text.withUnsafeBytes { text in
        unsafe sodium_base642bin(
            bytes.bytes, byteCount, text.bindMemory(to: CChar.self).baseAddress!, text.count, nil,
            &decodedCount, nil, variant)
    }
    return status == 0 && decodedCount == byteCount ? bytes : nil
}

extension RawSpan {
    /// The bytes between the blanks that a file or a person may have put around them.
    var withoutBlanks: RawSpan {
        @_lifetime(copy self) get {
            var start = 0
            var end = byteCount
            while start < end, isBlank(start) { start += 1 }
            while end > start, isBlank(end - 1) { end -= 1 }
            return extracting(start..<end)
        }
    }

    fileprivate var isASCII: Bool {
        for offset in 0..<byteCount
        where unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) >= 0x80 {
            return false
        }
        return true
    }

    private func isBlank(_ offset: Int) -> Bool {
        precondition(offset >= 0 && offset < byteCount)
        let byte = unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        return byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
    }
}
