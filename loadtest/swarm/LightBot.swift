// A light client on a socket; see LightClient.

import CairnBasics
import CairnRuntime
import CairnWire

final class LightBot: Member {
    private let commons: Commons
    private var client: LightClient

    init(
        token: ConnectToken, path: Path, walk: Walk, commons: Commons, loop: Loop, now: Instant
    ) {
        self.commons = commons
        var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&seed) }
        client = LightClient(
            token: token, server: path.server, walk: walk, isAttentive: path.isAttentive,
            seed: seed, now: now)
        super.init(path, loop: loop)
    }

    override var isUpToDate: Bool {
        client.phase == .present && client.newestTick == commons.newestTick
    }

    var hasJoined: Bool { client.phase == .present }
    var hasEnded: Bool { client.phase == .ended }
    var endReason: CloseReason? { client.endReason }
    var roundTrip: TimeSpan? { client.roundTrip }
    var lossesUp: (lost: UInt64, settled: UInt64) { client.lossesUp }

    func settle() { client.settle(commons) }

    override func take(_ datagram: inout MutableRawSpan, now: Instant) {
        client.handle(&datagram, from: path.server, now: now, commons)
    }

    override func step(now: Instant, batch: inout DatagramBatch) {
        guard beginStep(now: now) else { return }
        client.poll(into: &batch, now: now, commons)
        if path.isAttentive { transmit(&batch, now: now) }
    }

    func leave(batch: inout DatagramBatch, now: Instant) {
        client.leave(into: &batch, now: now)
        transmit(&batch, now: now)
        closeSocket()
    }
}
