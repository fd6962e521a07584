// Keeps the server's status file (see ServerStatus): once a second the loop hands a thread a copy of
// what was measured, and the thread turns it into text and writes it, so that no tick waits for a disk.

import CairnBasics
import CairnRuntime
import Histogram

/// The writer of one server's status file, for the life of the server.
final class StatusWriter {
    private static let period = TimeSpan.seconds(1)

    private struct Reading: Sendable {
        var status: ServerStatus
        var figures: TickFigures
    }

    private let port: UInt16
    private let thread: WorkerThread<Reading>
    private var due = Instant.zero

    init(port: UInt16) throws(LoopError) {
        self.port = port
        thread = try WorkerThread(name: "cairn-status", capacity: 4) { readings in
            guard var reading = readings.last else { return }
            reading.status.lateness = distribution(reading.figures.lateness)
            reading.status.durations = distribution(reading.figures.duration)
            LocalStatusFile.write(reading.status, port: port)
        }
    }

    /// Writes what `status` says, when a second has passed.
    func step(_ meter: TickMeter, now: Instant, _ status: () -> ServerStatus) {
        guard now >= due else { return }
        due = now + Self.period
        thread.submit(Reading(status: status(), figures: meter.total))
    }

    /// Ends the thread and takes the file away.
    func close() {
        thread.close()
        LocalStatusFile.remove(port: port)
    }
}

private func distribution(_ histogram: Histogram<UInt32>) -> ServerStatus.Distribution {
    var values: ServerStatus.Distribution = [:]
    for step in histogram.recordedValues() {
        values[step.value, default: 0] += UInt64(step.count)
    }
    return values
}
