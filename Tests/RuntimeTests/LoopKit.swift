import CairnBasics
import CairnRuntime
import Glibc

/// A receiver that keeps what it gets, and can answer every datagram with itself.
final class Recorder: DatagramReceiver {
    var datagrams: [[UInt8]] = []
    var sources: [NetworkAddress] = []
    var burstCount = 0
    private(set) var longestBurst = 0
    private var burst = 0
    var echoes = false
    var onDatagram: (DatagramSocket) -> Void = { _ in }
    private var replies = DatagramBatch(capacity: 64)

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        datagrams.append(datagram.bytes.array)
        burst += 1
        sources.append(address)
        if echoes {
            if !replies.hasRoom(for: 1, of: datagram.byteCount) {
                socket.send(replies)
                replies.removeAll()
            }
            replies.append(datagram.bytes, to: address)
        }
        onDatagram(socket)
    }

    func receiveEnded(on socket: DatagramSocket) {
        burstCount += 1
        longestBurst = max(longestBurst, burst)
        burst = 0
        socket.send(replies)
        replies.removeAll()
    }
}

extension NetworkAddress {
    /// 127.0.0.1 with a port that the system chooses.
    static let anyLoopbackPort = NetworkAddress(ipv4: 0x7f00_0001, port: 0)
    /// ::1 with a port that the system chooses.
    static let anyLoopbackPort6 = NetworkAddress(high: 0, low: 1, port: 0)
    /// The loopback addresses of the families that this machine has.
    static let loopbacks = hasIPv6 ? [anyLoopbackPort, anyLoopbackPort6] : [anyLoopbackPort]
    static let hasIPv6: Bool = {
        guard let loop = try? Loop() else { return false }
        defer { loop.close() }
        return
            (try? DatagramSocket(
                loop: loop, address: anyLoopbackPort6, receiver: Recorder())) != nil
    }()
}

extension Loop {
    /// Delivers events until `condition` holds; false when it does not within 20 seconds.
    func poll(until condition: () -> Bool) -> Bool {
        let deadline = MonotonicClock.now() + .seconds(20)
        while !condition() {
            guard MonotonicClock.now() < deadline else { return false }
            poll()
            sched_yield()
        }
        return true
    }

    /// Runs until something stops the loop; false when nothing does within 20 seconds.
    func runUntilStopped() throws -> Bool {
        var isOverdue = false
        let limit = MonotonicClock.now() + .seconds(20)
        let watchdog = try RepeatingTimer(loop: self, start: limit, period: .seconds(20)) { _ in
            isOverdue = true
            self.stop()
        }
        run()
        watchdog.close()
        return !isOverdue
    }
}

func batch(_ datagrams: [[UInt8]], to address: NetworkAddress) -> DatagramBatch {
    var batch = DatagramBatch(capacity: max(1, datagrams.count))
    for datagram in datagrams { batch.append(datagram.rawBytes, to: address) }
    return batch
}

func sleep(_ span: TimeSpan) { usleep(UInt32(span.nanoseconds / 1_000)) }
