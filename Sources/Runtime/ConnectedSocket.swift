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

    /// What the kernel had as one message: a datagram, or some of one length that came together.
    public struct Message {
        fileprivate var place: Int
        fileprivate var byteCount: Int
        fileprivate var segmentBytes: Int
    }

    /// How many messages of a loop's sockets can wait to be read at once.
    public static let places = Int(CPLATFORM_MESSAGES)

    /// Takes the oldest message from the kernel; nil when there is none.
    ///
    /// - Parameter place: Where to keep it, below `places`; what is there already is lost.
    public func fetch(into place: Int) -> Message? {
        precondition(0..<Self.places ~= place)
        var size: UInt32 = 0
        let count = unsafe Int(
            cplatform_connected_receive(
                descriptor, loop.receiveArena + place &* Int(CPLATFORM_RECEIVE_STRIDE),
                Int(CPLATFORM_RECEIVE_BYTES), &size))
        return count < 0
            ? nil : Message(place: place, byteCount: count, segmentBytes: Int(size))
    }

    /// Reads a message that was fetched into a place, and into none that was given out since.
    ///
    /// - Parameter take: Gets each datagram, in memory that is lent for the call and may be opened in
    ///   place.
    public func read(_ message: Message, _ take: (inout MutableRawSpan) -> Void) {
        let room = unsafe loop.receiveArena + message.place &* Int(CPLATFORM_RECEIVE_STRIDE)
        var start = 0
        repeat {
            let bytes = unsafe UnsafeMutableRawBufferPointer(
                start: room + start, count: min(message.segmentBytes, message.byteCount &- start))
            // Safe: nothing is received into the place while `take` has it.
            var datagram = unsafe MutableRawSpan(_unsafeBytes: bytes)
            take(&datagram)
            start &+= message.segmentBytes
        } while start < message.byteCount
    }

    /// Sends some datagrams of a batch, whatever addresses they have, one by one.
    public func send(_ batch: borrowing DatagramBatch, _ datagrams: Range<Int>) {
        unsafe batch.withArena { arena in
            guard let base = arena.baseAddress else { return }
            for index in datagrams {
                _ = unsafe cplatform_connected_send(
                    descriptor, base + batch.start(index), batch.byteCount(index))
            }
        }
    }
}
