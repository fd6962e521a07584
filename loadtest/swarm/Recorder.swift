// A run, second by second: readings of what has been counted so far, and between two of them what a
// second was like. What is reported is the time from when the crowd had settled to the end.

import CairnBasics
import CairnClient
import CairnRuntime
import Histogram

/// Everything counted so far, at one moment.
struct Reading {
    var at = MonotonicClock.now()
    var tally: Tally
    var bots = ClientStatistics()
    var cpu = processCPUTime()

    init(commons: Commons, bots: [Bot]) {
        tally = commons.tally
        for bot in bots {
            let one = bot.statistics
            self.bots.packets &+= one.packets
            self.bots.bytesReceived &+= one.bytesReceived
            self.bots.bytesSent &+= one.bytesSent
            self.bots.ticks &+= one.ticks
            self.bots.entityUpdates &+= one.entityUpdates
            self.bots.packetsMissing &+= one.packetsMissing
        }
    }

    var packets: Double { Double(tally.packets) + Double(bots.packets) }
    var bytes: Double { Double(tally.bytes) + Double(bots.bytesReceived) }
    var updates: Double { Double(tally.updates) + Double(bots.entityUpdates) }
    var missing: Double { Double(tally.missing) + Double(bots.packetsMissing) }
    var ticks: Double { Double(tally.ticks) + Double(bots.ticks) }
}

/// What one second was like; what the server says is nil when it said nothing new.
struct Moment {
    /// Since everyone had joined.
    var second: Double
    var bytesPerClient: Double
    var updates: Double
    var packets: Double
    var lostPercent: Double
    /// Of one core, in percent.
    var swarmCPU: Double
    var ageP50: Double
    var ageP99: Double
    var serverCPU: Double?
    var latenessP50: Double?
    var latenessP99: Double?
    var durationP99: Double?
}

struct Recorder {
    /// How long a crowd settles: the server says something new once a second, and joining costs it
    /// more than what comes after.
    private static let settling = TimeSpan.milliseconds(1_100)

    private let plan: CrowdPlan
    /// Where the measured time begins.
    private(set) var first: Reading?
    private(set) var last: Reading?
    private(set) var firstStatus: ServerStatus?
    private(set) var lastStatus: ServerStatus?
    private(set) var moments: [Moment] = []
    private(set) var ages = Histogram<UInt64>(numberOfSignificantValueDigits: .two)

    init(_ plan: CrowdPlan) { self.plan = plan }

    /// Takes a reading; short runs are measured from the first.
    mutating func sample(
        _ reading: Reading, ages second: Histogram<UInt64>, since joined: Instant
    ) {
        let settling = plan.seconds < 3 ? TimeSpan.zero : Self.settling
        guard reading.at - joined >= settling else { return }
        let status = plan.server.isLoopback ? LocalStatusFile.read(port: plan.server.port) : nil
        guard let previous = last else {
            (first, last, firstStatus, lastStatus) = (reading, reading, status, status)
            return
        }
        ages.add(second)
        if (reading.at - previous.at).seconds >= 0.5 {
            var moment = Moment(previous, reading, ages: second, clients: plan.clients)
            moment.second = (reading.at - joined).seconds
            if let status, let before = lastStatus {
                moment.add(status.since(before), hasNews: status.ticks > before.ticks)
            }
            moments.append(moment)
        }
        last = reading
        if let status { lastStatus = status }
    }

    /// The server's figures of the measured time; nil when it is elsewhere.
    var server: ServerStatus? {
        guard let firstStatus, let lastStatus, firstStatus.process == lastStatus.process,
            lastStatus.ticks > firstStatus.ticks
        else { return nil }
        return lastStatus.since(firstStatus)
    }

    var seconds: Double {
        guard let first, let last else { return 0 }
        return (last.at - first.at).seconds
    }

    /// The newest second in a few words, for who waits.
    var summary: String {
        guard let moment = moments.last else { return "" }
        let lateness = moment.latenessP99.map { ", ticks \(rounded($0, 10)) ms late (p99)" } ?? ""
        return ", \(Int(moment.bytesPerClient)) B/s each, \(Int(moment.updates)) updates/s"
            + ", \(rounded(moment.lostPercent, 100)) % lost\(lateness)"
    }
}

extension Moment {
    init(_ from: Reading, _ to: Reading, ages: Histogram<UInt64>, clients: Int) {
        let seconds = max(0.001, (to.at - from.at).seconds)
        let missing = to.missing - from.missing
        second = 0
        packets = (to.packets - from.packets) / seconds
        bytesPerClient = (to.bytes - from.bytes) / seconds / Double(max(1, clients))
        updates = (to.updates - from.updates) / seconds
        lostPercent = 100 * max(0, missing) / max(1, missing + to.packets - from.packets)
        swarmCPU = 100 * (to.cpu - from.cpu).seconds / seconds
        ageP50 = Double(ages.valueAtPercentile(50))
        ageP99 = Double(ages.valueAtPercentile(99))
    }

    mutating func add(_ server: ServerStatus, hasNews: Bool) {
        guard hasNews else { return }
        // By the server's own clock: its readings lie a second apart, whenever they are read.
        serverCPU =
            100 * Double(server.cpuMicroseconds) / max(1, Double(server.clockMicroseconds))
        let lateness = Histogram(server.lateness)
        latenessP50 = Double(lateness.valueAtPercentile(50)) / 1_000
        latenessP99 = Double(lateness.valueAtPercentile(99)) / 1_000
        durationP99 = Double(Histogram(server.durations).valueAtPercentile(99)) / 1_000
    }
}

extension Histogram<UInt64> {
    /// A server's distribution of microseconds.
    init(_ values: ServerStatus.Distribution) {
        self.init(numberOfSignificantValueDigits: .two)
        for (value, count) in values { record(value, count: count) }
    }
}

/// Cut to one over `parts`.
func rounded(_ value: Double, _ parts: Double = 1_000) -> Double {
    (value * parts).rounded() / parts
}
