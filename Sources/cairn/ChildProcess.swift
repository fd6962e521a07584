// A process that the demo started, with its output in a log file, so that an error can be shown
// and nothing writes over the viewer.
import Foundation

/// One started process.
final class ChildProcess {
    private let process: Process
    private let log: URL

    private init(process: Process, log: URL) {
        self.process = process
        self.log = log
    }

    /// Starts `executable`; its standard output and error go to `log`.
    static func start(
        _ executable: URL, _ arguments: [String], log: URL
    ) throws -> ChildProcess {
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return ChildProcess(process: process, log: log)
    }

    var isRunning: Bool { process.isRunning }

    /// Asks the process to stop (SIGTERM), makes it after ten seconds, and returns its exit status.
    func end() -> Int32 {
        let deadline = Date(timeIntervalSinceNow: 10)
        if process.isRunning { process.terminate() }
        while process.isRunning && Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Waits for a line of output that begins with `prefix` and returns the rest of it; nil when
    /// the process ends or the time is up first.
    func waitForLine(prefix: String, seconds: Double) -> String? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            // A line still being written has no end yet and is left for the next look.
            for line in logText().components(separatedBy: "\n").dropLast()
            where line.hasPrefix(prefix) {
                return String(line.dropFirst(prefix.count))
            }
            guard process.isRunning, !Interruption.isRequested else { return nil }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return nil
    }

    /// Everything it has written so far.
    func logText() -> String {
        (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    }

    /// The newest whole line it has written.
    func lastLogLine() -> String {
        logText().split(separator: "\n").last.map(String.init) ?? ""
    }
}
