// The way out: whole batches by `sendmmsg`, without waiting and without allocating. Datagrams of one
// length that follow one another to one address are one message, which the kernel, or the network
// card, cuts (UDP_SEGMENT): the way through the network stack is paid once for up to 64 of them.

import CLibuv
import CPlatform
public import CairnBasics

extension DatagramSocket {
    /// Sends a batch with as few system calls as it takes, and never waits.
    ///
    /// When the system's send buffer is full, the rest of the batch is dropped and counted, not
    /// kept: by the time the socket is writable again there is a newer tick, and whoever sent the
    /// batch learns of the loss as of any other. A datagram that the system refuses (no route, no
    /// such address family, larger than the interface takes) is counted as failed and does not
    /// hold up those behind it.
    ///
    /// - Complexity: one `sendmmsg` for each 64 messages.
    public func send(_ batch: borrowing DatagramBatch) {
        guard descriptor >= 0 else {
            statistics.droppedDatagrams &+= batch.count
            return
        }
        unsafe batch.withArena { arena in
            var next = 0
            var cuts = segmentsMessages
            while next < batch.count {
                let result = unsafe sendChunk(batch, from: next, arena: arena, cuts: cuts)
                if result > 0 {
                    next &+= Int(result)
                    cuts = segmentsMessages
                } else if Int(result) == CPLATFORM_CUT_REFUSED {
                    // One by one, and the next batch tries again: an interface that cannot take
                    // this length, or cannot cut, need not be the only one.
                    statistics.refusedSegmentations &+= 1
                    cuts = false
                } else if isCongestion(result) {
                    statistics.droppedDatagrams &+= batch.count &- next
                    break
                } else {
                    statistics.failedDatagrams &+= 1
                    next &+= 1
                }
            }
        }
    }

    /// Sends up to one system call's worth, starting with datagram `first`.
    /// - Returns: how many went, or a negative errno that concerns the first.
    private func sendChunk(
        _ batch: borrowing DatagramBatch, from first: Int, arena: UnsafeRawBufferPointer,
        cuts: Bool
    ) -> Int32 {
        let scratch = unsafe loop.sendScratch
        let limit = cuts ? scratch.count : CPLATFORM_MESSAGES
        let count = min(limit, batch.count &- first)
        for index in 0..<count {
            unsafe scratch[index] = cplatform_datagram(
                address: batch.address(first &+ index).platform,
                byte_count: UInt32(truncatingIfNeeded: batch.byteCount(first &+ index)))
        }
        let start = unsafe arena.baseAddress.map { unsafe $0 + batch.start(first) }
        var messages: UInt32 = 0
        let sent = unsafe cplatform_send_batch(
            descriptor, isIPv6 ? 1 : 0, cuts ? 1 : 0, start, scratch.baseAddress, UInt32(count),
            &messages)
        let gone = max(0, Int(sent))
        if gone > 0 {
            let end = batch.start(first &+ gone &- 1) &+ batch.byteCount(first &+ gone &- 1)
            statistics.sentBytes &+= end &- batch.start(first)
        }
        statistics.sentDatagrams &+= gone
        statistics.sentMessages &+= Int(messages)
        return sent
    }

    private func isCongestion(_ code: Int32) -> Bool {
        code == UV_EAGAIN.rawValue || code == UV_ENOBUFS.rawValue || code == UV_ENOMEM.rawValue
    }
}
