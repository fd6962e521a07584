import ArgumentParser
import CairnBasics
import CairnClient
import CairnGeometry
import CairnRuntime
import CairnWorld
import Foundation

/// From one player's hand to what another player's client knows: somebody turns at a random moment, and
/// the clock stops when the datagram has been taken in that tells the other so. The other's
/// interpolation delay comes on top, and is printed beside it.
struct LatencyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract: "How long an input takes to another client, before interpolation.")

    @Option(help: "The server's address and port.") var server: String
    @Option(help: "How many turns to measure.") var turns = 300

    func run() throws {
        let address = try serverAddress(server)
        let loop = try Loop()
        let players = [
            try Player(0, server: address, loop: loop), try Player(1, server: address, loop: loop),
        ]
        try join(players, on: loop)
        let measurement = Measurement(players: players, turns: turns, loop: loop)
        let timer = try RepeatingTimer(loop: loop, period: .milliseconds(1)) { _ in
            measurement.step()
        }
        loop.run()
        timer.close()
        let hertz = players[0].client.description?.tickHertz ?? 0
        let tick = 1_000 / Double(max(1, hertz))
        let delay = players[1].client.statistics.presentationDelay.milliseconds
        let late = measurement.milliseconds
        let p50 = percentile(late, 0.5)
        print(
            String(
                format: "{\"hz\": %d, \"turns\": %d, \"tickMs\": %.2f, \"p50Ms\": %.2f, "
                    + "\"p95Ms\": %.2f, \"p99Ms\": %.2f, \"barP50Ms\": %.2f, "
                    + "\"interpolationDelayMs\": %.2f}",
                hertz, late.count, tick, p50, percentile(late, 0.95), percentile(late, 0.99),
                tick + 2, delay))
        for player in players { player.close() }
        guard late.count == turns, p50 <= tick + 2 else { throw ExitCode(1) }
    }
}

private final class Measurement {
    private let players: [Player]
    private let turns: Int
    private let loop: Loop
    private(set) var milliseconds: [Double] = []
    private var random = SeededRandom(seed: 7)
    private var turnsAt: Instant
    private var turnedAt: Instant?
    private var wish = 1
    private let end: Instant

    init(players: [Player], turns: Int, loop: Loop) {
        self.players = players
        self.turns = turns
        self.loop = loop
        turnsAt = MonotonicClock.now() + .milliseconds(500)
        end = turnsAt + .milliseconds(Int64(turns) * 300)
        players[1].onDatagram = { [unowned self] player, now in look(player, now) }
    }

    func step() {
        let now = MonotonicClock.now()
        if turnedAt == nil, now >= turnsAt {
            wish = wish == 1 ? -1 : 1
            players[0].steer(Double(wish), 0)
            turnedAt = now
        }
        for player in players { player.update() }
        if milliseconds.count == turns || now > end { loop.stop() }
    }

    private func look(_ player: Player, _ now: Instant) {
        guard let turnedAt, let motion = player.client.newestMotion(of: players[0].client.entity),
            motion.velocity.x.signum() == Int16(wish)
        else { return }
        milliseconds.append((now - turnedAt).milliseconds)
        self.turnedAt = nil
        turnsAt = now + .microseconds(60_000 + Int64(random.below(100_000)))
    }
}
