// A server of the run's own: `cairn serve` from beside this program, on a free port of the loopback
// interface, with its data in a folder that goes away again. Where there are two cores and taskset, the
// server has the first to itself and the swarm the second, so that neither measures the other.

import CairnBasics
import CairnRuntime
import Foundation

final class ServerProcess {
    private let process: Process
    private let folder: URL
    private(set) var address = NetworkAddress(ipv4: 0, port: 0)

    /// Starts a server and waits until it listens.
    init(world: String, hertz: Int?, maximumClients: Int, options: [String] = []) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cairn-swarm-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process = Process()
        var command = [
            Self.sibling("cairn").path, "serve", "--world", world, "--data",
            folder.appending(path: "data").path, "--listen", "127.0.0.1:0", "--maximum-clients",
            "\(maximumClients)", "--follow-parent",
            // What is measured is everything for everybody, however late.
            "--overload-at", "0",
        ]
        if let hertz { command += ["--hertz", "\(hertz)"] }
        command += options
        if Self.mayPin {
            command = [Self.taskset, "-c", "0"] + command
            Self.pinThisProcess()
        }
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        let output = try openLog()
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
            address = try waitForAddress()
        } catch {
            end()
            throw error
        }
    }

    /// True where the server and the swarm have a core each.
    static let mayPin =
        ProcessInfo.processInfo.activeProcessorCount >= 2
        && FileManager.default.isExecutableFile(atPath: taskset)

    private static let taskset = "/usr/bin/taskset"

    /// Stops the server and removes its data.
    func end() {
        let deadline = Date(timeIntervalSinceNow: 15)
        if process.isRunning { process.terminate() }
        while process.isRunning && Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// What it has written, for whoever wonders why it stopped.
    var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    var isRunning: Bool { process.isRunning }

    private var logFile: URL { folder.appending(path: "server.log") }

    private func openLog() throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: logFile.path, contents: nil)
        return try FileHandle(forWritingTo: logFile)
    }

    private func waitForAddress() throws -> NetworkAddress {
        let prefix = "listening on "
        let deadline = Date(timeIntervalSinceNow: 20)
        while Date() < deadline, process.isRunning {
            for line in log.split(separator: "\n") where line.hasPrefix(prefix) {
                if let address = NetworkAddress(String(line.dropFirst(prefix.count))) {
                    return address
                }
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw ScenarioError(description: "the server did not start:\n\(log)")
    }

    private static func pinThisProcess() {
        let pin = Process()
        pin.executableURL = URL(filePath: taskset)
        pin.arguments = ["-acp", "1", "\(ProcessInfo.processInfo.processIdentifier)"]
        pin.standardOutput = FileHandle.nullDevice
        try? pin.run()
        pin.waitUntilExit()
    }

    private static func sibling(_ name: String) -> URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: name)
    }
}
