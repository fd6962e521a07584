/// What has passed through a socket since it opened.
public struct DatagramStatistics: Hashable, Sendable {
    public var receivedDatagrams = 0
    public var receivedBytes = 0
    /// How many messages the received came in: fewer where the kernel joined datagrams.
    public var receivedMessages = 0
    /// How many of the received had no bytes; nothing of Cairn's sends such.
    public var emptyDatagrams = 0
    /// Times the system failed to receive.
    public var receiveErrors = 0
    public var sentDatagrams = 0
    public var sentBytes = 0
    /// How many messages the sent went out as: fewer where the kernel cut them.
    public var sentMessages = 0
    /// Times that a message of several datagrams was refused and they went one by one.
    public var refusedSegmentations = 0
    /// Not sent because the system's buffer was full, or the socket closed.
    public var droppedDatagrams = 0
    /// Not sent because the system refused this one: no route, the wrong address family, or larger
    /// than the interface takes.
    public var failedDatagrams = 0

    public init() {}

    /// Adds what was received.
    mutating func add(received other: DatagramStatistics) {
        receivedDatagrams &+= other.receivedDatagrams
        receivedBytes &+= other.receivedBytes
        receivedMessages &+= other.receivedMessages
        emptyDatagrams &+= other.emptyDatagrams
        receiveErrors &+= other.receiveErrors
    }
}
