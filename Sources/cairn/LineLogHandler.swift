// One event a line, for people who read at night and for programs that grep: time, level, what
// happened, then `key=value` in a fixed order.
//
//     2026-11-24 07:15:32.104 INFO  running  clients=200 lateP99Ms=0.139 npcs=10

import Foundation
import Logging

/// Writes log lines to standard error.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map {
            " \($0.key)=\(Self.quoted("\($0.value)"))"
        }
        let level = Self.name(of: event.level).padding(toLength: 5, withPad: " ", startingAt: 0)
        let line =
            "\(Self.time()) \(level) \(event.message)\(pairs.isEmpty ? "" : " ")\(pairs.joined())\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTE"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }

    /// Values with spaces in them are quoted, and nothing from outside begins a new line.
    private static func quoted(_ value: String) -> String {
        let plain = value.unicodeScalars.allSatisfy {
            $0.value > 32 && $0.value != 127 && $0 != "\""
        }
        if plain && !value.isEmpty { return value }
        // Apostrophes need no escape between double quotes.
        return value.debugDescription.replacing("\\'", with: "'")
    }

    private static func time() -> String {
        let now = Date()
        let seconds = now.timeIntervalSince1970
        let milliseconds = Int((seconds - seconds.rounded(.down)) * 1_000)
        let text = now.ISO8601Format(.iso8601(timeZone: .gmt, dateTimeSeparator: .space))
        return "\(text.prefix(19)).\(String(format: "%03d", milliseconds))"
    }
}
