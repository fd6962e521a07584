/// What a datagram looks like that is worth reading; a socket can have the kernel drop all others
/// before they take room in its buffer or a turn of the process (`DatagramSocket.accept(only:)`).
///
/// The kernel may join datagrams before it looks, so a shape has a least length and no largest.
public struct DatagramShape: Hashable, Sendable {
    /// The bits of the first byte that count, and what they must be.
    public var firstByteMask: UInt8
    public var firstByte: UInt8
    public var minimumBytes: Int
    /// The four bytes after the first, the one that travels first on top; nil for any.
    public var magic: UInt32?

    public init(
        firstByte: UInt8, mask: UInt8 = 0xff, minimumBytes: Int, magic: UInt32? = nil
    ) {
        precondition(minimumBytes > 0 && (magic == nil || minimumBytes >= 5))
        self.firstByte = firstByte
        firstByteMask = mask
        self.minimumBytes = minimumBytes
        self.magic = magic
    }
}
