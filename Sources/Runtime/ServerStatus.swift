// What a server says about itself to tools of the same user on the same machine, once a second, in a
// file beside its local key: enough to tell over any stretch of time how late its ticks were and what
// it cost, by subtracting one reading from another.
//
// The text is lines of a name and whole numbers. Counts only grow while a server runs; a distribution
// is all its values with how often each was seen.

internal import Glibc

/// One reading of a server.
public struct ServerStatus: Hashable, Sendable {
    /// A value in microseconds, and how often it was seen.
    public typealias Distribution = [UInt64: UInt64]

    public var process: Int32 = 0
    public var ticks: UInt64 = 0
    /// Ticks that never ran because the one before took too long.
    public var skippedTicks: UInt64 = 0
    public var clients: UInt64 = 0
    /// When the reading was taken, by a clock that never jumps.
    public var clockMicroseconds: UInt64 = 0
    /// Processor time of all threads.
    public var cpuMicroseconds: UInt64 = 0
    public var residentBytes: UInt64 = 0
    public var datagramsSent: UInt64 = 0
    public var bytesSent: UInt64 = 0
    public var datagramsReceived: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    /// Datagrams that the kernel threw away because the server did not read them in time.
    public var kernelDrops: UInt64 = 0
    /// Datagrams that did not fit the kernel's send buffer.
    public var sendDrops: UInt64 = 0
    /// What is given up for the load's sake: the rung of the ladder, 0 for nothing; the load in
    /// thousandths of a tick's time; world time for wall time in hundredths; how often a rung was
    /// climbed and left; states that clients were not told, and whoever was not let in.
    public var overloadRung: UInt64 = 0
    public var loadPermille: UInt64 = 0
    public var timePercent: UInt64 = 100
    public var overloadClimbs: UInt64 = 0
    public var overloadDescents: UInt64 = 0
    public var statesWithheld: UInt64 = 0
    public var joinsRefusedByLoad: UInt64 = 0
    /// How late ticks began and how long they took, since the server started.
    public var lateness: Distribution = [:]
    public var durations: Distribution = [:]

    public init() {}

    /// What has passed since an earlier reading of the same server.
    public func since(_ earlier: ServerStatus) -> ServerStatus {
        var passed = self
        let gauges: [WritableKeyPath<ServerStatus, UInt64>] = [
            \.clients, \.residentBytes, \.overloadRung, \.loadPermille, \.timePercent,
        ]
        for (_, field) in Self.fields where !gauges.contains(field) {
            passed[keyPath: field] &-= min(earlier[keyPath: field], passed[keyPath: field])
        }
        passed.lateness = Self.difference(lateness, earlier.lateness)
        passed.durations = Self.difference(durations, earlier.durations)
        return passed
    }

    private static func difference(
        _ now: Distribution, _ before: Distribution
    ) -> Distribution {
        now.merging(before) { $0 &- min($0, $1) }.filter { $0.value > 0 && now[$0.key] != nil }
    }

    private static var fields: [(String, WritableKeyPath<ServerStatus, UInt64>)] {
        [
            ("ticks", \.ticks), ("skippedTicks", \.skippedTicks), ("clients", \.clients),
            ("clockMicroseconds", \.clockMicroseconds), ("cpuMicroseconds", \.cpuMicroseconds),
            ("residentBytes", \.residentBytes),
            ("datagramsSent", \.datagramsSent), ("bytesSent", \.bytesSent),
            ("datagramsReceived", \.datagramsReceived), ("bytesReceived", \.bytesReceived),
            ("kernelDrops", \.kernelDrops), ("sendDrops", \.sendDrops),
            ("overloadRung", \.overloadRung), ("loadPermille", \.loadPermille),
            ("timePercent", \.timePercent), ("overloadClimbs", \.overloadClimbs),
            ("overloadDescents", \.overloadDescents), ("statesWithheld", \.statesWithheld),
            ("joinsRefusedByLoad", \.joinsRefusedByLoad),
        ]
    }
}

extension ServerStatus {
    /// The text of the file.
    public var text: String {
        var text = "process \(process)\n"
        for (name, field) in Self.fields { text += "\(name) \(self[keyPath: field])\n" }
        for (name, values) in [("lateness", lateness), ("durations", durations)] {
            text += name
            for (value, count) in values.sorted(by: { $0.key < $1.key }) {
                text += " \(value):\(count)"
            }
            text += "\n"
        }
        return text
    }

    /// Reads such a text; nil when it is none. Names that are not known are passed over.
    public init?(text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            if name == "lateness" || name == "durations" {
                guard let values = Self.distribution(words.dropFirst()) else { return nil }
                if name == "lateness" { lateness = values } else { durations = values }
            } else if name == "process" {
                guard words.count == 2, let number = Int32(words[1]), number > 0 else { return nil }
                process = number
            } else if let field = Self.fields.first(where: { $0.0 == name })?.1 {
                guard words.count == 2, let number = UInt64(words[1]) else { return nil }
                self[keyPath: field] = number
            }
        }
        guard process > 0 else { return nil }
    }

    private static func distribution(_ words: ArraySlice<Substring>) -> Distribution? {
        var values: Distribution = [:]
        for word in words {
            let parts = word.split(separator: ":")
            guard parts.count == 2, let value = UInt64(parts[0]), let count = UInt64(parts[1])
            else { return nil }
            values[value] = count
        }
        return values
    }
}

/// The file with a server's status, beside its local key.
public enum LocalStatusFile {
    /// Several hundred values of each distribution, with room to spare.
    private static let byteLimit = 256 * 1_024

    public static func path(port: UInt16) -> String {
        "\(LocalKeyFile.folder())/\(port).status"
    }

    /// Puts a new status in the place of the old one, whole; what cannot be written is left out, since
    /// no server should stop for it.
    /// - Precondition: the server's key is in the same folder already.
    public static func write(_ status: ServerStatus, port: UInt16) {
        let path = path(port: port)
        let next = "\(path).next"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(next, flags, 0o600)
        guard descriptor >= 0 else { return }
        var text = status.text
        let isWhole = text.withUTF8 { bytes in
            unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
        _ = close(descriptor)
        if isWhole { _ = unsafe rename(next, path) }
    }

    /// The newest status of the server on `port`; nil where there is none of this user's.
    public static func read(port: UInt16) -> ServerStatus? {
        guard let bytes = try? FileBytes.read(path(port: port), atMost: byteLimit) else {
            return nil
        }
        return ServerStatus(text: String(decoding: bytes, as: UTF8.self))
    }

    /// Takes it away again; does nothing where there is none.
    public static func remove(port: UInt16) { _ = unsafe unlink(path(port: port)) }
}
