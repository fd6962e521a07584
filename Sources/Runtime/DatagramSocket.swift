// A UDP socket on a loop: datagrams come in by `recvmmsg` and go out by `sendmmsg`, straight on the
// descriptor, and libuv only says when there is something to read (`uv_poll_t`). Its own UDP handle
// allocates a request for each datagram sent, and cannot take in what the kernel has joined
// (UDP_GRO): the datagrams of a fast sender, as one message.
//
// Neither direction allocates once the socket is open, and neither fails: the network may lose
// anything at any time, so what cannot be sent or received is counted and forgotten, and the
// protocol above recovers as from any loss. Only opening throws.

import CLibuv
import CPlatform
public import CairnBasics
import Glibc

/// Who gets a socket's datagrams.
public protocol DatagramReceiver: AnyObject {
    /// One datagram, in memory that is lent for the call and may be opened in place. It can be
    /// empty, and up to 65,507 bytes long.
    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket)

    /// A burst has been delivered: the moment to send replies. Whoever waits on the same loop gets
    /// a turn before the next burst, however full the socket is.
    func receiveEnded(on socket: DatagramSocket)
}

extension DatagramReceiver {
    public func receiveEnded(on socket: DatagramSocket) {}
}

@safe public final class DatagramSocket: HandleOwner {
    /// Where the socket is bound, with the port that the system chose when 0 was asked for.
    public let localAddress: NetworkAddress
    /// What the system granted of the asked-for buffers, in bytes.
    public private(set) var receiveBufferBytes = 0
    public private(set) var sendBufferBytes = 0
    /// What has passed through since the socket opened.
    public internal(set) var statistics = DatagramStatistics()

    let loop: Loop
    let handle: Handle
    let isIPv6: Bool
    /// True where the kernel cuts a message into datagrams (UDP_SEGMENT).
    public let segmentsMessages: Bool
    /// True where the kernel joins datagrams to messages (UDP_GRO).
    public let joinsMessages: Bool
    /// -1 once closed.
    private(set) var descriptor: Int32 = -1
    private var receiver: (any DatagramReceiver)?
    /// How many messages are asked for at once; each may bring up to 64 datagrams.
    private var messageLimit = 8

    /// Room for about 8,000 datagrams of any size, which the kernel counts as 2 KiB each: a tick's
    /// worth of a full server, while the loop is busy with the tick.
    public static let bufferBytes = 8 * 1_024 * 1_024
    /// Datagrams of one burst, more by what the last message brings: about 0.2 ms of the cheapest
    /// ones, so that a socket that is never empty does not keep the tick waiting.
    private static let burst = 192

    /// Opens a socket bound to `address` and starts receiving.
    ///
    /// The receiver is held until the socket is closed. `[::]` takes IPv4 too; link-local IPv6
    /// peers are not supported, since a `NetworkAddress` has no scope. No router may fragment what
    /// it sends (IP_PMTUDISC_PROBE): a datagram larger than the path takes is lost.
    ///
    /// The corresponding calls are `socket`, `bind`, `uv_poll_init` and `uv_poll_start`.
    public init(
        loop: Loop, address: NetworkAddress, bufferBytes: Int = DatagramSocket.bufferBytes,
        receiver: any DatagramReceiver
    ) throws(LoopError) {
        self.loop = loop
        isIPv6 = address.ipv4 == nil
        var features = cplatform_udp_features()
        let opened = unsafe cplatform_udp_open(address.platform, isIPv6 ? 1 : 0, &features)
        try check(opened, "bind", on: address.description)
        segmentsMessages = features.cuts != 0
        joinsMessages = features.joins != 0
        var local = cplatform_address()
        var code = unsafe cplatform_udp_name(opened, &local)
        localAddress = NetworkAddress(local)
        handle = unsafe Handle(uv_poll_t.self)
        if code >= 0 { code = unsafe uv_poll_init(loop.pointer, handle.typed(), opened) }
        guard code >= 0 else {
            _ = Glibc.close(opened)
            handle.abandon()
            throw LoopError("receive on", on: address.description, code: code)
        }
        descriptor = opened
        self.receiver = receiver
        handle.adopt(self)
        requestBuffers(bufferBytes)
        // Cannot fail: the descriptor was accepted, and the event mask is a constant.
        _ = unsafe uv_poll_start(handle.typed(), Int32(UV_READABLE.rawValue), socketReadable)
    }

    /// Stops receiving and lets go of the port and the receiver. Closing twice does nothing.
    public func close() {
        guard descriptor >= 0 else { return }
        handle.close()  // Stops the poll at once, so that the descriptor may go.
        _ = Glibc.close(descriptor)
        descriptor = -1
        receiver = nil
    }

    /// Datagrams that the kernel threw away because the receive buffer was full, or a filter said
    /// so, since opening; datagrams that it had joined count as one.
    public var kernelDropCount: Int {
        guard descriptor >= 0 else { return 0 }
        return Int(clamping: cplatform_socket_drops(descriptor))
    }

    /// Lets the kernel drop whatever has none of these shapes, at most 8 of them.
    ///
    /// A flood of anything else then costs the process nothing and takes no room from others. Where
    /// the kernel refuses, everything is delivered as before: the receiver must judge for itself.
    ///
    /// The corresponding socket option is SO_ATTACH_FILTER.
    /// - Returns: whether the kernel does so.
    @discardableResult public func accept(only shapes: [DatagramShape]) -> Bool {
        guard descriptor >= 0 else { return false }
        let shapes = shapes.map { shape in
            cplatform_shape(
                first: shape.firstByte & shape.firstByteMask, first_mask: shape.firstByteMask,
                has_magic: shape.magic == nil ? 0 : 1, magic: shape.magic ?? 0,
                minimum_bytes: UInt32(clamping: shape.minimumBytes))
        }
        return unsafe shapes.withUnsafeBufferPointer {
            unsafe cplatform_udp_filter(descriptor, $0.baseAddress, UInt32($0.count)) == 0
        }
    }

    private func requestBuffers(_ bytes: Int) {
        var receive: Int32 = 0
        var send: Int32 = 0
        unsafe cplatform_set_socket_buffers(descriptor, Int32(clamping: bytes), &receive, &send)
        receiveBufferBytes = Int(receive)
        sendBufferBytes = Int(send)
    }

    // MARK: Receiving

    /// Delivers what has arrived and not been delivered, without waiting for the loop's turn.
    /// - Parameter limit: Datagrams at most, more by what the last message brings.
    public func receive(atMost limit: Int) { drain(limit) }

    /// Delivers a burst, then gives the loop back; what is left makes the socket readable again.
    fileprivate func drain(_ most: Int = DatagramSocket.burst) {
        guard let receiver, most > 0 else { return }
        var delivered = 0
        while delivered < most, descriptor >= 0 {
            let limit = messageLimit
            let count = Int(unsafe cplatform_receive(loop.receiver, descriptor, UInt32(limit)))
            if count < 0 {
                let isEmpty = count == Int(UV_EAGAIN.rawValue)
                if !isEmpty { statistics.receiveErrors &+= 1 }
                break
            }
            let before = delivered
            for index in 0..<count where descriptor >= 0 {
                delivered &+= unsafe deliver(
                    cplatform_received(loop.receiver, Int32(index)), to: receiver)
            }
            adjustMessageLimit(messages: count, datagrams: delivered &- before)
            if count < limit { break }
        }
        receiver.receiveEnded(on: self)
    }

    /// Asks for fewer messages where each brings many datagrams, so that a burst stays one.
    private func adjustMessageLimit(messages: Int, datagrams: Int) {
        if datagrams > Self.burst {
            messageLimit = max(4, messageLimit / 4)
        } else if messages == messageLimit && datagrams <= Self.burst / 2 {
            messageLimit = min(CPLATFORM_MESSAGES, messageLimit * 2)
        }
    }

    /// Delivers the datagrams of one message; returns how many they were.
    private func deliver(_ message: cplatform_message, to receiver: any DatagramReceiver) -> Int {
        let source = unsafe NetworkAddress(message.source)
        let size = unsafe Int(message.segment_bytes)
        let end = unsafe Int(message.byte_count)
        statistics.receivedMessages &+= 1
        statistics.receivedBytes &+= end
        if end == 0 { statistics.emptyDatagrams &+= 1 }
        var start = 0
        var delivered = 0
        repeat {
            let bytes = unsafe UnsafeMutableRawBufferPointer(
                start: message.bytes + start, count: min(size, end &- start))
            // Safe: the receiver's memory stays as it is until the next `cplatform_receive`.
            var datagram = unsafe MutableRawSpan(_unsafeBytes: bytes)
            statistics.receivedDatagrams &+= 1
            receiver.receive(&datagram, from: source, on: self)
            delivered &+= 1
            start &+= size
        } while start < end && descriptor >= 0
        return delivered
    }
}

private let socketReadable: uv_poll_cb = { handle, _, _ in
    unsafe withOwner(DatagramSocket.self, in: handle?.pointee.data) { $0.drain() }
}

extension NetworkAddress {
    var platform: cplatform_address { cplatform_address(high: high, low: low, port: port) }

    init(_ address: cplatform_address) {
        self.init(high: address.high, low: address.low, port: address.port)
    }
}
