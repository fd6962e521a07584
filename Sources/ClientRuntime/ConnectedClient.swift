// A client on a real socket: what a program on Linux links with. One loop may carry thousands.

public import CairnBasics
public import CairnClient
public import CairnRuntime

/// A `WorldClient` with its own UDP socket on a loop.
///
/// The owner calls `update` once a frame, or at the world's tick rate; datagrams come in by
/// themselves in between. Everything happens on the loop's thread.
public final class ConnectedClient: DatagramReceiver {
    public var client: WorldClient
    private var socket: DatagramSocket?
    private var batch: DatagramBatch

    /// Opens a socket on a free port and starts to join.
    public init(_ configuration: ClientConfiguration, loop: Loop) throws(LoopError) {
        client = WorldClient(
            configuration, entropySeed: systemEntropy(byteCount: 32), now: MonotonicClock.now())
        batch = DatagramBatch(capacity: 8)
        let local =
            configuration.server.ipv4 == nil
            ? NetworkAddress(high: 0, low: 0, port: 0) : NetworkAddress(ipv4: 0, port: 0)
        // A client gets some packets a tick; the server's buffers would cost gigabytes here.
        socket = try DatagramSocket(
            loop: loop, address: local, bufferBytes: 256 * 1_024, receiver: self)
    }

    /// Lets the client do what is due and sends what it has to say.
    public func update() {
        let now = MonotonicClock.now()
        while client.pollTransmit(into: &batch, now: now) {
            socket?.send(batch)
            batch.removeAll()
        }
    }

    /// Says goodbye and gives the port back; the client gets no more datagrams.
    public func close() {
        client.leave(into: &batch, now: MonotonicClock.now())
        socket?.send(batch)
        batch.removeAll()
        socket?.close()
        socket = nil
    }

    public func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        client.handle(&datagram, from: address, now: MonotonicClock.now())
    }
}
