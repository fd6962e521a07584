// A UDP socket on a loop: datagrams come in by `recvmmsg` through libuv (`uv_udp_t`), and go out
// by `sendmmsg` straight on the descriptor, because libuv's own send allocates a request for each.
//
// Neither direction allocates once the socket is open, and neither fails: the network may lose
// anything at any time, so what cannot be sent or received is counted and forgotten, and the
// protocol above recovers as from any loss. Only opening throws.

import CLibuv
import CPlatform
public import CairnBasics

/// Who gets a socket's datagrams.
public protocol DatagramReceiver: AnyObject {
    /// One datagram, in memory that is lent for the call and may be opened in place. It can be
    /// empty, and up to 65,507 bytes long.
    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket)

    /// A burst of up to 20 datagrams has been delivered: the moment to send replies. Also called
    /// when there was nothing left to receive.
    func receiveEnded(on socket: DatagramSocket)
}

extension DatagramReceiver {
    public func receiveEnded(on socket: DatagramSocket) {}
}

@safe public final class DatagramSocket: HandleOwner {
    /// Where the socket is bound, with the port that the system chose when 0 was asked for.
    public private(set) var localAddress: NetworkAddress
    /// What the system granted of the asked-for buffers, in bytes.
    public private(set) var receiveBufferBytes = 0
    public private(set) var sendBufferBytes = 0
    /// What has passed through since the socket opened.
    public internal(set) var statistics = DatagramStatistics()

    let loop: Loop
    let handle: Handle
    let isIPv6: Bool
    /// -1 once closed.
    private(set) var descriptor: Int32 = -1
    private var receiver: (any DatagramReceiver)?

    /// Room for about 4,000 datagrams of full size: a tick's worth of a full server, while the
    /// loop is busy with the tick.
    public static let bufferBytes = 4 * 1_024 * 1_024

    /// Opens a socket bound to `address` and starts receiving.
    ///
    /// The receiver is held until the socket is closed. `[::]` takes IPv4 too; link-local IPv6
    /// peers are not supported, since a `NetworkAddress` has no scope.
    ///
    /// The corresponding libuv functions are `uv_udp_init_ex`, `uv_udp_bind`, `uv_udp_recv_start`.
    public init(
        loop: Loop, address: NetworkAddress, bufferBytes: Int = DatagramSocket.bufferBytes,
        receiver: any DatagramReceiver
    ) throws(LoopError) {
        self.loop = loop
        self.receiver = receiver
        localAddress = address
        isIPv6 = address.ipv4 == nil
        handle = unsafe Handle(uv_udp_t.self)
        let flags = UInt32(AF_UNSPEC) | UV_UDP_RECVMMSG.rawValue
        let code = unsafe uv_udp_init_ex(loop.pointer, handle.typed(), flags)
        if code < 0 { handle.abandon() }
        try check(code, "open a socket for", on: address.description)
        handle.adopt(self)
        do throws(LoopError) {
            try bind(to: address)
            requestBuffers(bufferBytes)
            let started = unsafe uv_udp_recv_start(handle.typed(), lendArena, takeDatagram)
            try check(started, "receive on", on: address.description)
        } catch {
            descriptor = -1
            self.receiver = nil
            handle.close()
            throw error
        }
    }

    /// Stops receiving and lets go of the port and the receiver. Closing twice does nothing.
    public func close() {
        guard descriptor >= 0 else { return }
        descriptor = -1
        receiver = nil
        handle.close()
    }

    /// Datagrams that the kernel threw away because the receive buffer was full, since opening.
    public var kernelDropCount: Int {
        guard descriptor >= 0 else { return 0 }
        return Int(clamping: cplatform_socket_drops(descriptor))
    }

    private func bind(to address: NetworkAddress) throws(LoopError) {
        var storage = sockaddr_storage()
        let code = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            let length = unsafe cplatform_to_sockaddr(
                address.platform, isIPv6 ? 1 : 0, storage)
            guard length > 0 else { return length }
            let bound = unsafe UnsafeRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
            let code = unsafe uv_udp_bind(handle.typed(), bound, 0)
            return code < 0 ? code : unsafe readLocalAddress(into: storage)
        }
        try check(code, "bind", on: address.description)
    }

    private func readLocalAddress(into storage: UnsafeMutablePointer<sockaddr_storage>) -> Int32 {
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let name = unsafe UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
        let code = unsafe uv_udp_getsockname(handle.typed(), name, &length)
        guard code >= 0 else { return code }
        localAddress = unsafe NetworkAddress(cplatform_from_sockaddr(name))
        return unsafe uv_fileno(handle.base, &descriptor)
    }

    private func requestBuffers(_ bytes: Int) {
        var receive: Int32 = 0
        var send: Int32 = 0
        unsafe cplatform_set_socket_buffers(descriptor, Int32(clamping: bytes), &receive, &send)
        receiveBufferBytes = Int(receive)
        sendBufferBytes = Int(send)
    }

    // MARK: Receiving

    fileprivate func deliver(_ bytes: UnsafeMutableRawBufferPointer, from address: NetworkAddress) {
        statistics.receivedDatagrams &+= 1
        statistics.receivedBytes &+= bytes.count
        if bytes.count == 0 { statistics.emptyDatagrams &+= 1 }
        // Safe: libuv lends these bytes until the callback returns, and nothing else reads them.
        var datagram = unsafe MutableRawSpan(_unsafeBytes: bytes)
        receiver?.receive(&datagram, from: address, on: self)
    }

    fileprivate func deliverEnd() { receiver?.receiveEnded(on: self) }
}

private let lendArena: uv_alloc_cb = { handle, _, buffer in
    guard let buffer = unsafe buffer else { return }
    unsafe withOwner(DatagramSocket.self, in: handle?.pointee.data) { socket in
        let arena = unsafe socket.loop.receiveArena
        unsafe buffer.pointee.base = arena.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe buffer.pointee.len = arena.count
    }
}

private let takeDatagram: uv_udp_recv_cb = { handle, count, buffer, source, _ in
    unsafe withOwner(DatagramSocket.self, in: handle?.pointee.data) { socket in
        if count < 0 {
            socket.statistics.receiveErrors &+= 1
        } else if let source = unsafe source {
            let bytes = unsafe UnsafeMutableRawBufferPointer(
                start: buffer?.pointee.base, count: count)
            unsafe socket.deliver(bytes, from: NetworkAddress(cplatform_from_sockaddr(source)))
        } else {
            // No source and no bytes: libuv gives the arena back, the burst is over.
            socket.deliverEnd()
        }
    }
}

extension NetworkAddress {
    var platform: cplatform_address { cplatform_address(high: high, low: low, port: port) }

    init(_ address: cplatform_address) {
        self.init(high: address.high, low: address.low, port: address.port)
    }
}
