// The first minute with Cairn: a real server, real bots and the viewer, each a process of its own,
// started in order, watched while they run, and ended together. Nothing is simulated: what the
// headless run reports is what the server and the bots wrote about themselves.
import ArgumentParser
import CairnBasics
import Foundation

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start a server, bots and the viewer on this machine, and end them together.",
        discussion: """
            Everything listens on 127.0.0.1 only and on a port that was free. The world's data goes \
            to a temporary directory that is removed at the end, unless --data names one.
            """)

    @Flag(help: "No viewer: run for a while, then print one JSON object as the last line.")
    var headless = false

    @Option(help: "How long a headless run lasts after the last bot was sent in.")
    var seconds = 20

    @Option(help: "How many bots to send in; one in twenty is a phone that sights anchors.")
    var clients = 200

    @Option(help: "The world to load.", completion: .file(extensions: ["yaml"]))
    var world = "worlds/plaza.yaml"

    @Option(help: "Keep the world's data in this directory.", completion: .directory)
    var data: String?

    func validate() throws {
        guard (1...10_000).contains(clients) else {
            throw ValidationError("--clients takes 1 to 10000.")
        }
        guard (1...86_400).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to 86400.")
        }
    }

    func run() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "cairn-demo-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        Interruption.watch()
        var demo = Demo(command: self, folder: folder)
        try demo.run()
    }
}

/// One run of the demo: what it started, and how it ends that again.
private struct Demo {
    let command: DemoCommand
    let folder: URL
    private var server: ChildProcess?
    private var swarm: ChildProcess?

    init(command: DemoCommand, folder: URL) {
        self.command = command
        self.folder = folder
    }

    mutating func run() throws {
        defer { endEverything() }
        let address = try startServer()
        try startSwarm(address)
        if command.headless {
            try waitForSwarm()
            try report()
        } else {
            let watch = try WatchCommand.parse([address])
            try watch.run()
        }
    }

    private var serverReport: URL { folder.appending(path: "server.json") }
    private var swarmReport: URL { folder.appending(path: "swarm.json") }

    private mutating func startServer() throws -> String {
        let data = command.data ?? folder.appending(path: "data").path
        let child = try ChildProcess.start(
            siblingExecutable("cairn"),
            [
                "serve", "--world", command.world, "--data", data, "--listen", "127.0.0.1:0",
                "--report", serverReport.path, "--follow-parent",
                "--log", command.headless ? "info" : "quiet",
            ], log: folder.appending(path: "server.log"))
        server = child
        guard let line = child.waitForLine(prefix: "listening on ", seconds: 20) else {
            throw DemoFailure(
                "the server did not start:\n\(child.logText())".trimmingCharacters(
                    in: .whitespacesAndNewlines))
        }
        return line
    }

    private mutating func startSwarm(_ address: String) throws {
        // In the viewer's company the bots stay until the viewer leaves.
        let seconds = command.headless ? command.seconds : 86_400
        swarm = try ChildProcess.start(
            siblingExecutable("swarm"),
            [
                "--server", address, "--clients", "\(command.clients)", "--seconds", "\(seconds)",
                "--json", swarmReport.path, "--follow-parent",
            ], log: folder.appending(path: "swarm.log"))
    }

    private mutating func waitForSwarm() throws {
        guard let swarm else { return }
        var waited = 0
        while swarm.isRunning {
            guard server?.isRunning == true else {
                throw DemoFailure("the server ended early:\n\(server?.logText() ?? "")")
            }
            guard !Interruption.isRequested else { throw DemoFailure("stopped before the end") }
            Thread.sleep(forTimeInterval: 0.1)
            waited += 1
            if waited % 20 == 0 { note("\(waited / 10) s: \(swarm.lastLogLine())") }
            guard waited < (command.seconds + 90) * 10 else {
                throw DemoFailure("the bots did not end:\n\(swarm.logText())")
            }
        }
    }

    /// Ends the server, so that it writes its report, and puts both reports together.
    private mutating func report() throws {
        let swarmStatus = swarm?.end() ?? 1
        let serverStatus = server?.end() ?? 1
        let bots = try readReport(swarmReport, of: "swarm", log: swarm)
        let world = try readReport(serverReport, of: "server", log: server)
        let line = DemoReport(bots: bots, world: world)
        print(line.json)
        guard swarmStatus == 0, serverStatus == 0, line.isGood(wanted: command.clients) else {
            throw ExitCode(1)
        }
    }

    private func readReport(
        _ url: URL, of name: String, log: ChildProcess?
    ) throws -> [String: Any] {
        guard let bytes = try? Data(contentsOf: url),
            let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        else { throw DemoFailure("no report from the \(name):\n\(log?.logText() ?? "")") }
        return object
    }

    private mutating func endEverything() {
        _ = swarm?.end()
        _ = server?.end()
        swarm = nil
        server = nil
    }
}

private struct DemoFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The last line of a headless run.
private struct DemoReport {
    let bots: [String: Any]
    let world: [String: Any]

    /// Good when every bot joined, nothing failed to decode, and nobody saw another world than
    /// the server's.
    func isGood(wanted: Int) -> Bool {
        whole(bots, "connected") == wanted && whole(bots, "decodeErrors") == 0
            && whole(bots, "divergences") == 0 && whole(bots, "digestsCompared") > 0
    }

    var json: String {
        """
        {"clients":\(whole(bots, "connected")), "npcs":\(whole(world, "npcs")), \
        "ticks":\(whole(world, "ticks")), \
        "tickLatenessP99Ms":\(decimal(world, "tickLatenessP99Ms")), \
        "bytesPerClientPerSecond":\(whole(bots, "bytesPerClientPerSecond")), \
        "decodeErrors":\(whole(bots, "decodeErrors")), \
        "divergences":\(whole(bots, "divergences")), \
        "digestsCompared":\(whole(bots, "digestsCompared")), \
        "journalRows":\(whole(world, "journalRows"))}
        """
    }

    private func whole(_ object: [String: Any], _ key: String) -> Int {
        (object[key] as? NSNumber)?.intValue ?? -1
    }

    private func decimal(_ object: [String: Any], _ key: String) -> String {
        String(format: "%.3f", (object[key] as? NSNumber)?.doubleValue ?? -1)
    }
}

/// Writes a line for the person who waits, apart from the output.
func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// The path of an executable that was built beside this one.
func siblingExecutable(_ name: String) -> URL {
    let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().appending(path: name)
}
