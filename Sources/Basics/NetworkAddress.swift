/// Where a datagram comes from or goes to: an IPv6 address, or an IPv4 address mapped into one
/// (RFC 4291, section 2.5.5.2), and a UDP port.
@frozen public struct NetworkAddress: Hashable, Sendable {
    /// The first eight bytes of the IPv6 address, in network order.
    public var high: UInt64
    /// The last eight bytes of the IPv6 address, in network order.
    public var low: UInt64
    public var port: UInt16

    @inlinable public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// An IPv4 address; `127.0.0.1` is `0x7f00_0001`.
    @inlinable public init(ipv4 address: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address), port: port)
    }

    /// The IPv4 address; nil for a true IPv6 one.
    @inlinable public var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xffff ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// True for 127.0.0.0/8 and ::1, where a server may trust whoever shares its machine.
    public var isLoopback: Bool {
        if let ipv4 { return ipv4 >> 24 == 127 }
        return high == 0 && low == 1
    }
}

extension NetworkAddress {
    /// Reads `1.2.3.4:567`, or `[::1]:567` with an IPv6 address of full or shortened form.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let words = Self.ipv6Words(host.dropFirst().dropLast()) else { return nil }
            let high = words[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = words[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            self.init(high: high, low: low, port: port)
        } else {
            guard let address = Self.ipv4Word(host) else { return nil }
            self.init(ipv4: address, port: port)
        }
    }

    private static func ipv4Word(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    private static func ipv6Words(_ text: Substring) -> [UInt16]? {
        func words(_ text: Substring) -> [UInt16]? {
            if text.isEmpty { return [] }
            var words: [UInt16] = []
            for part in text.split(separator: ":", omittingEmptySubsequences: false) {
                guard let word = UInt16(part, radix: 16) else { return nil }
                words.append(word)
            }
            return words
        }
        guard let gap = text.firstRange(of: "::") else {
            guard let all = words(text), all.count == 8 else { return nil }
            return all
        }
        guard let head = words(text[..<gap.lowerBound]), let tail = words(text[gap.upperBound...]),
            head.count + tail.count < 8
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }
}

extension NetworkAddress: CustomStringConvertible {
    public var description: String {
        if let ipv4 {
            return "\(ipv4 >> 24).\(ipv4 >> 16 & 255).\(ipv4 >> 8 & 255).\(ipv4 & 255):\(port)"
        }
        let words = [
            high >> 48, high >> 32, high >> 16, high, low >> 48, low >> 32, low >> 16, low,
        ]
        let text = words.map { String(UInt16(truncatingIfNeeded: $0), radix: 16) }
        return "[\(text.joined(separator: ":"))]:\(port)"
    }
}
