// A UDP socket with one peer that nobody waits for: its owner asks it, whenever it has its turn. That is
// the cheapest way for a process that is thousands of clients: the kernel looks up no way, wakes nobody
// and keeps no list of who is readable. A program that is one client wants a `DatagramSocket`, which
// says when something has come.
//
// Neither direction allocates or fails: what cannot be sent or received is as good as lost.

import CPlatform
public import CairnBasics
import Glibc

@safe public struct ConnectedSocket: ~Copyable {
    private let loop: Loop
    private let descriptor: Int32

    /// Opens a socket that is bound to `address` and connected to `peer`.
    ///
    /// - Parameter loop: Lends its memory to what is received, and does nothing else.
    public init(
        loop: Loop, address: NetworkAddress, peer: NetworkAddress, bufferBytes: Int
    ) throws(LoopError) {
        let isIPv6 = address.ipv4 == nil
        let opened = cplatform_connected_open(
            address.platform, peer.platform, isIPv6 ? 1 : 0)
        try check(opened, "connect", on: address.description)
        self.loop = loop
        descriptor = opened
        var (receive, send): (Int32, Int32) = (0, 0)
        unsafe cplatform_set_socket_buffers(
            descriptor, Int32(clamping: bufferBytes), &receive, &send)
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Takes what the kernel has as one message, which is one datagram, or some of one length that
    /// came together.
    ///
    /// - Parameter take: Gets each datagram, in memory that is lent for the call and may be opened in
    ///   place.
    /// - Returns: False when there was nothing.
    public func receive(_ take: (inout MutableRawSpan) -> Void) -> Bool {
        var size: UInt32 = 0
        let arena = unsafe loop.receiveArena
        let count = unsafe Int(
            cplatform_connected_receive(
                descriptor, arena, Int(CPLATFORM_RECEIVE_BYTES), &size))
        guard count >= 0 else { return false }
        var start = 0
        repeat {
            let bytes = unsafe UnsafeMutableRawBufferPointer(
                start: arena + start, count: min(Int(size), count &- start))
            // Safe: nothing is received into the arena while `take` has it.
            var datagram = unsafe MutableRawSpan(_unsafeBytes: bytes)
            take(&datagram)
            start &+= Int(size)
        } while start < count
        return true
    }

    /// Sends the datagrams of a batch, whatever addresses they have, one by one.
    public func send(_ batch: borrowing DatagramBatch) {
        unsafe batch.withArena { arena in
            guard let base = arena.baseAddress else { return }
            for index in 0..<batch.count {
                _ = unsafe cplatform_connected_send(
                    descriptor, base + batch.start(index), batch.byteCount(index))
            }
        }
    }
}
