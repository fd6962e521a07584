import CairnBasics
import CairnTransport
import CairnWire
import Foundation
import Testing

/// What bulk costs: run by hand.
///     CAIRN_BENCH=1 swift test -c release --filter DeliverySpeedTests
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CAIRN_BENCH"] != nil))
struct DeliverySpeedTests {
    /// Sealing, opening, cutting, putting together, acknowledging: both ends on one thread, without
    /// a kernel between them.
    @Test(arguments: 0..<3) func sixtyFourMebibytesFromEndToEnd(_: Int) {
        let (pair, client, handle) = Pair.connected {
            $0.bytesPerSecond = nil
            $0.packetsPerSecond = 10_000_000
        }
        let size = TransportLimits.messageBytes - TransportLimits.messageOverhead
        let message = [UInt8](repeating: 1, count: size)
        let count = 64 * 1_024 * 1_024 / size
        var sent = 0
        var datagrams = 0
        var batch = DatagramBatch(capacity: 64)
        var replies = DatagramBatch(capacity: 64)
        let start = Self.processorSeconds()
        var arrived = 0
        while arrived < count {
            pair.now = pair.now + .microseconds(100)
            while sent < count, pair.send(message, stream: 0, to: handle) { sent += 1 }
            while !batch.isFull, pair.server.needsPacket(to: handle, now: pair.now),
                pair.server.beginPacket(to: handle, now: pair.now)
            {
                _ = pair.server.finishPacket(now: pair.now, into: &batch)
            }
            datagrams += batch.count
            for index in 0..<batch.count {
                var bytes = batch.datagram(index)
                var span = bytes.mutableSpan
                var raw = span.mutableBytes
                _ = client.endpoint.handle(&raw, from: Pair.serverAddress, now: pair.now)
                while client.endpoint.pollMessage() != nil { arrived += 1 }
            }
            batch.removeAll()
            while client.endpoint.needsPacket(now: pair.now),
                client.endpoint.beginPacket(now: pair.now)
            {
                _ = client.endpoint.finishPacket(now: pair.now, into: &replies)
            }
            for index in 0..<replies.count {
                var bytes = replies.datagram(index)
                var span = bytes.mutableSpan
                var raw = span.mutableBytes
                _ = pair.server.handle(
                    &raw, from: client.address, now: pair.now, wallMilliseconds: 0,
                    replies: &batch)
                while pair.server.pollReceipt(from: handle) != nil {}
            }
            replies.removeAll()
        }
        let seconds = Self.processorSeconds() - start
        let bits = Double(count * size) * 8
        print(
            "64 MiB: \(Int(seconds * 1_000)) ms, \(bits / seconds / 1e9) Gbit/s,",
            "of a processor, \(seconds / Double(datagrams) * 1e9) ns a datagram, \(datagrams) datagrams"
        )
    }

    /// What this thread has used, so that a busy machine does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
