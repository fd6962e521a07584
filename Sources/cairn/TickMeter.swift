// How late ticks begin and how long they take, in histograms that keep every value to 1 %.

import CairnBasics
import CairnRuntime
import Histogram

/// Percentiles of a stretch of ticks.
struct TickFigures {
    var lateness = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    var duration = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    var since = MonotonicClock.now()
    var bytesAtStart = 0

    var latenessP99Milliseconds: Double { Double(lateness.valueAtPercentile(99)) / 1_000 }
    var durationP99Milliseconds: Double { Double(duration.valueAtPercentile(99)) / 1_000 }

    func kilobytesPerSecond(_ bytes: Int) -> Int {
        let seconds = max(0.001, (MonotonicClock.now() - since).seconds)
        return Int(Double(bytes - bytesAtStart) / seconds / 1_000)
    }

    mutating func record(lateness: TimeSpan, duration: TimeSpan) {
        self.lateness.record(Self.microseconds(lateness))
        self.duration.record(Self.microseconds(duration))
    }

    private static func microseconds(_ span: TimeSpan) -> UInt64 {
        UInt64(max(0, span.nanoseconds / 1_000))
    }
}

/// Keeps the figures of the whole run and of the last ten seconds.
struct TickMeter {
    static let reportPeriod = TimeSpan.seconds(10)

    private(set) var total = TickFigures()
    /// Ticks that never ran because the loop was busy past their successors' time.
    private(set) var skipped = 0
    private var recent = TickFigures()

    /// Records a tick that has just ended.
    mutating func record(lateness: TimeSpan, skipped: Int, started: Instant) {
        let duration = MonotonicClock.now() - started
        total.record(lateness: lateness, duration: duration)
        recent.record(lateness: lateness, duration: duration)
        self.skipped += skipped
    }

    /// The last ten seconds' figures, once every ten seconds.
    mutating func pollFigures() -> TickFigures? {
        guard MonotonicClock.now() - recent.since >= Self.reportPeriod else { return nil }
        defer { recent = TickFigures() }
        return recent
    }
}
