/// Datagrams on their way to the socket: one flat arena that is filled, sent and filled again.
///
/// Datagrams of any size stand one behind the other without gaps, so that a run of equal ones to one
/// address can leave as one message that the kernel cuts (see `DatagramSocket.send`). Nothing is
/// allocated after `init`, unless datagrams come that are larger than its arena was made for: then it
/// grows, and stays so. The core fills it, the shell sends it: neither knows the other.
public struct DatagramBatch {
    /// The largest datagram that leaves Cairn before a path has shown that it carries more; fits
    /// every path that carries IPv6 (RFC 8200).
    public static let datagramBytes = 1_200
    /// The largest datagram that UDP over IPv4 has: 65,535 less both headers (RFC 768, RFC 791).
    public static let maximumDatagramBytes = 65_507

    /// How many datagrams fit, if their bytes do.
    public let capacity: Int
    /// How many bytes fit before it is full; the last datagrams may go beyond.
    public let byteCapacity: Int
    /// How many datagrams wait in the batch.
    public private(set) var count = 0
    private var bytes: [UInt8]
    /// Where each datagram ends; it starts where the one before it ends.
    private var ends: [Int]
    private var addresses: [NetworkAddress]

    /// - Parameters:
    ///   - capacity: Datagrams at most.
    ///   - byteCapacity: Bytes at most; without it, that many of `datagramBytes`.
    public init(capacity: Int, byteCapacity: Int? = nil) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity ?? capacity * Self.datagramBytes
        bytes = [UInt8](repeating: 0, count: self.byteCapacity)
        ends = [Int](repeating: 0, count: capacity)
        addresses = [NetworkAddress](
            repeating: NetworkAddress(high: 0, low: 0, port: 0), count: capacity)
    }

    /// The bytes of all datagrams.
    public var byteCount: Int { count == 0 ? 0 : ends[count &- 1] }

    /// The largest datagram for which there is room as the next one; 0 when there is none.
    public var room: Int {
        count == capacity
            ? 0 : max(0, min(Self.maximumDatagramBytes, byteCapacity &- byteCount))
    }

    /// True when another datagram of `datagramBytes` may not fit.
    public var isFull: Bool { room < Self.datagramBytes }
    public var isEmpty: Bool { count == 0 }

    /// True when so many more datagrams of so many bytes fit.
    public func hasRoom(for datagrams: Int, of size: Int = DatagramBatch.datagramBytes) -> Bool {
        capacity &- count >= datagrams && byteCapacity &- byteCount >= datagrams * size
    }

    /// Copies one datagram in.
    /// - Precondition: there are fewer than `capacity`, and it is no longer than
    ///   `maximumDatagramBytes`.
    public mutating func append(_ datagram: RawSpan, to address: NetworkAddress) {
        append(byteCount: datagram.byteCount, to: address) { target in
            unsafe datagram.withUnsafeBytes { source in
                unsafe target.withUnsafeMutableBytes { target in
                    // Safe: the span that `append` lends is as long as the datagram.
                    if let base = source.baseAddress {
                        unsafe target.baseAddress!.copyMemory(
                            from: base, byteCount: source.count)
                    }
                }
            }
        }
    }

    /// Adds a datagram that is written where it will be sent from.
    ///
    /// - Parameter write: Gets `byteCount` bytes that hold what was there before, and fills them.
    /// - Precondition: there are fewer than `capacity`, and the datagram is no longer than
    ///   `maximumDatagramBytes`.
    @inlinable public mutating func append(
        byteCount: Int, to address: NetworkAddress,
        _ write: (inout MutableRawSpan) -> Void
    ) {
        let range = reserve(byteCount, to: address)
        withBytes(range, write)
    }

    @usableFromInline mutating func reserve(
        _ byteCount: Int, to address: NetworkAddress
    ) -> Range<Int> {
        precondition(count < capacity && 0...Self.maximumDatagramBytes ~= byteCount)
        let start = self.byteCount
        if start &+ byteCount > bytes.count {
            bytes += [UInt8](repeating: 0, count: max(bytes.count, byteCount))
        }
        ends[count] = start &+ byteCount
        addresses[count] = address
        count &+= 1
        return start..<start &+ byteCount
    }

    @usableFromInline mutating func withBytes(
        _ range: Range<Int>, _ body: (inout MutableRawSpan) -> Void
    ) {
        var all = bytes.mutableSpan
        var whole = unsafe all.mutableBytes
        var part = whole._mutatingExtracting(range)
        body(&part)
    }

    /// Forgets everything and keeps the room.
    public mutating func removeAll() { count = 0 }

    public func address(_ index: Int) -> NetworkAddress { addresses[index] }

    /// Where a datagram starts in the arena.
    public func start(_ index: Int) -> Int { index == 0 ? 0 : ends[index &- 1] }

    public func byteCount(_ index: Int) -> Int { ends[index] &- start(index) }

    /// The bytes of one datagram, for tests and simulated networks.
    public func datagram(_ index: Int) -> [UInt8] { Array(bytes[start(index)..<ends[index]]) }

    /// Lends the arena to a system call; see `start` for where each datagram stands.
    public func withArena<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes { try unsafe body($0) }
    }
}
