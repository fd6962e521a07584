/// Datagrams on their way to the socket: one flat arena that is filled, sent and filled again.
///
/// Holds at most `capacity` datagrams of at most `datagramBytes` each; nothing is allocated after
/// `init`. The core fills it, the shell sends it: neither knows the other.
public struct DatagramBatch {
    /// The largest datagram that leaves Cairn; fits every path that carries IPv6 (RFC 8200).
    public static let datagramBytes = 1_200

    public let capacity: Int
    /// How many datagrams wait in the batch.
    public private(set) var count = 0
    private var bytes: [UInt8]
    private var byteCounts: [Int]
    private var addresses: [NetworkAddress]

    public init(capacity: Int) {
        self.capacity = capacity
        bytes = [UInt8](repeating: 0, count: capacity * Self.datagramBytes)
        byteCounts = [Int](repeating: 0, count: capacity)
        addresses = [NetworkAddress](
            repeating: NetworkAddress(high: 0, low: 0, port: 0), count: capacity)
    }

    public var isFull: Bool { count == capacity }
    public var isEmpty: Bool { count == 0 }

    /// Copies one datagram in.
    /// - Precondition: the batch is not full, and the datagram is no longer than `datagramBytes`.
    public mutating func append(_ datagram: RawSpan, to address: NetworkAddress) {
        precondition(count < capacity && datagram.byteCount <= Self.datagramBytes)
        let start = count &* Self.datagramBytes
        unsafe bytes.withUnsafeMutableBytes { target in
            unsafe datagram.withUnsafeBytes { source in
                // Safe: the precondition keeps the copy inside this datagram's part of the arena.
                if let base = source.baseAddress {
                    unsafe target.baseAddress!.advanced(by: start).copyMemory(
                        from: base, byteCount: source.count)
                }
            }
        }
        byteCounts[count] = datagram.byteCount
        addresses[count] = address
        count &+= 1
    }

    /// Forgets everything and keeps the room.
    public mutating func removeAll() { count = 0 }

    public func address(_ index: Int) -> NetworkAddress { addresses[index] }
    public func byteCount(_ index: Int) -> Int { byteCounts[index] }

    /// The bytes of one datagram, for tests and simulated networks.
    public func datagram(_ index: Int) -> [UInt8] {
        let start = index * Self.datagramBytes
        return Array(bytes[start..<start + byteCounts[index]])
    }

    /// Lends the arena to a system call: datagram i starts at byte i × `datagramBytes`.
    public func withArena<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes { try unsafe body($0) }
    }
}
