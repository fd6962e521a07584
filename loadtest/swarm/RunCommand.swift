// `swarm run`: a scenario with a server of its own, from start to report.

import ArgumentParser
import CairnBasics
import CairnRuntime
import Foundation

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a scenario against a server of its own.",
        discussion: """
            Starts `cairn serve` with the scenario's world on a free port of the loopback interface, \
            sends in the crowd, waits until all have joined, measures, and stops the server. See \
            loadtest/README.md for which scenario answers what.

            Exit status 0 when every bot joined, nothing failed to decode and nothing diverged.
            """)

    @Argument(help: "The scenario's file.", completion: .file(extensions: ["yaml"]))
    var scenario: String

    @Option(help: "How many clients, instead of the file's.")
    var clients: Int?

    @Option(help: "Ticks a second, instead of the file's.")
    var hz: Int?

    @Option(help: "Seconds after the last has joined, instead of the file's.")
    var seconds: Int?

    @Option(help: "How many of a hundred decode everything, instead of the file's.")
    var decodeShare: Int?

    @Option(help: "The seed of what the bots do.")
    var seed: UInt64 = 1

    @Option(help: "Write the figures as JSON to this file.", completion: .file())
    var json: String?

    @Option(help: "Write a report with plots to this file.", completion: .file())
    var html: String?

    func validate() throws {
        guard (1...50_000).contains(clients ?? 1) else {
            throw ValidationError("--clients takes 1 to 50000.")
        }
        guard (5...128).contains(hz ?? 5) else { throw ValidationError("--hz takes 5 to 128.") }
        guard (1...86_400).contains(seconds ?? 1) else {
            throw ValidationError("--seconds takes 1 to 86400.")
        }
        guard (0...100).contains(decodeShare ?? 0) else {
            throw ValidationError("--decode-share takes 0 to 100 percent.")
        }
    }

    func run() throws {
        let limit = raiseDescriptorLimit()
        var scenario = try ScenarioReader.read(self.scenario)
        scenario.clients = clients ?? scenario.clients
        scenario.hertz = hz ?? scenario.hertz
        scenario.seconds = seconds ?? scenario.seconds
        scenario.decodePercent = decodeShare ?? scenario.decodePercent
        let hostiles = scenario.hostiles.reduce(0) { $0 + $1.count }
        guard limit > scenario.clients + hostiles + 64 else {
            throw ValidationError(
                "\(scenario.clients) clients need as many sockets, and this process may open "
                    + "\(limit) files; raise the limit with ulimit -n.")
        }
        let server = try ServerProcess(
            world: scenario.world, hertz: scenario.hertz,
            maximumClients: scenario.clients + hostiles + 64, options: scenario.serverOptions)
        defer { server.end() }
        var plan = scenario.plan(for: server.address)
        plan.seed = seed
        let tokens = try TokenSource(server: server.address, keyFile: nil)
        let report = try Crowd(plan, tokens: tokens).run()
        if !server.isRunning { note("the server ended early:\n\(server.log)") }
        try write(report, of: scenario)
        guard report.isGood else { throw ExitCode(1) }
    }

    private func write(_ report: SwarmReport, of scenario: Scenario) throws {
        if let json { try Data((report.json + "\n").utf8).write(to: URL(filePath: json)) }
        if let html {
            let page = HTMLReport(report, scenario: scenario).page
            try Data(page.utf8).write(to: URL(filePath: html))
        }
        print(report.json)
    }
}
