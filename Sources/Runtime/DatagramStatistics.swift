/// What has passed through a socket since it opened.
public struct DatagramStatistics: Hashable, Sendable {
    public var receivedDatagrams = 0
    public var receivedBytes = 0
    /// How many of the received had no bytes; nothing of Cairn's sends such.
    public var emptyDatagrams = 0
    /// Times the system failed to receive.
    public var receiveErrors = 0
    public var sentDatagrams = 0
    public var sentBytes = 0
    /// Not sent because the system's buffer was full, or the socket closed.
    public var droppedDatagrams = 0
    /// Not sent because the system refused this one: no route, or the wrong address family.
    public var failedDatagrams = 0

    public init() {}
}
