import ArgumentParser
import CairnBasics
import CairnClient
import CairnGeometry
import CairnRuntime
import CairnWorld
import Foundation

/// A match: some players who never stand still, each steering at the world's rate, and what the server
/// takes for it: the time of its threads on a processor, by the kernel's count, over its ticks.
struct MatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "What a small fast match costs the server.")

    @Option(help: "The server's address and port.") var server: String
    @Option(help: "The server's process.") var serverPid: Int
    @Option(help: "How many play.") var players = 10
    @Option(help: "For how long to measure.") var seconds = 15
    @Option(help: "The bar in milliseconds.") var bar = 0.15

    func run() throws {
        let address = try serverAddress(server)
        let loop = try Loop()
        let crowd = try (0..<players).map { try Player($0, server: address, loop: loop) }
        try join(crowd, on: loop)
        guard let hertz = crowd[0].client.description?.tickHertz else { return }
        var random = SeededRandom(seed: 3)
        var start: (at: Instant, processor: Double, tick: Tick)?
        var stop: (processor: Double, tick: Tick)?
        let warmUp = MonotonicClock.now() + .seconds(2)
        let timer = try RepeatingTimer(loop: loop, period: .seconds(1) / Int64(hertz)) { firing in
            for (index, player) in crowd.enumerated() {
                if (firing.number + index * 7) % (hertz / 2) == 0 {
                    player.steer(random.unit() * 10 - 5, random.unit() * 10 - 5)
                }
                player.update()
            }
            let now = MonotonicClock.now()
            guard now > warmUp, let tick = crowd[0].client.tick else { return }
            let begun = start ?? (now, processorMilliseconds(of: serverPid), tick)
            start = begun
            guard now - begun.at >= .seconds(Int64(seconds)) else { return }
            stop = (processorMilliseconds(of: serverPid), tick)
            loop.stop()
        }
        loop.run()
        timer.close()
        let here = crowd.map { $0.client.statistics }
        let errors = here.reduce(0) { $0 + $1.decodeErrors + $1.divergences }
        for player in crowd { player.close() }
        guard let start, let stop else { return }
        let ticks = Double(stop.tick.steps(since: start.tick))
        let each = (stop.processor - start.processor) / ticks
        print(
            String(
                format: "{\"players\": %d, \"hz\": %d, \"ticks\": %.0f, \"serverMsPerTick\": %.4f, "
                    + "\"barMs\": %.2f, \"interpolationDelayMs\": %.2f, \"errors\": %d}",
                players, hertz, ticks, each, bar, here[0].presentationDelay.milliseconds,
                Int(errors)))
        guard each <= bar, errors == 0 else { throw ExitCode(1) }
    }
}

/// What all threads of a process have had of a processor so far (proc_pid_schedstat in
/// Documentation/scheduler/sched-stats.rst), in milliseconds.
private func processorMilliseconds(of pid: Int) -> Double {
    let tasks = "/proc/\(pid)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.reduce(0) { sum, thread in
        let text = try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8)
        let word = text?.split(separator: " ").first.map(String.init) ?? ""
        return sum + (Double(word) ?? 0) / 1e6
    }
}
