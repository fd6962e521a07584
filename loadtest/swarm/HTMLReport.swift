// The report of a run as one file that needs no other: what was run and where, what came of it in words,
// the figures, and how they went over time.

import CairnRuntime
import Foundation
import Histogram

struct HTMLReport {
    private let report: SwarmReport
    private let scenario: Scenario
    private var moments: [Moment] { report.recorder.moments }
    private var period: Double { 1_000 / Double(report.hertz) }

    init(_ report: SwarmReport, scenario: Scenario) {
        self.report = report
        self.scenario = scenario
    }

    var page: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(scenario.name)): \(report.connected) clients</title>
        <style>\(Self.style)</style></head><body><main>
        <header class="head"><p class="kicker">Cairn load test</p>
        <h1>\(escaped(scenario.name))</h1><p class="about">\(escaped(scenario.about))</p>
        <p class="what">\(escaped(what))</p></header>
        <section class="verdicts">\(verdicts.map(\.html).joined())</section>
        <section class="tiles">\(tiles)</section>
        <h2>Over time</h2><section class="charts">\(overTime.map(\.svg).joined())</section>
        <h2>Distributions</h2><section class="charts">\(distributions.map(\.svg).joined())</section>
        <h2>All figures</h2><table>\(rows)</table>
        <footer>\(escaped(Self.machine)) · \(escaped(Self.date))</footer>
        </main></body></html>

        """
    }

    private var what: String {
        var parts = [
            "\(report.connected) of \(report.plan.clients) clients", "\(report.hertz) Hz each way",
            "\(Int(report.recorder.seconds)) s measured",
            "\(report.plan.decodePercent) % decode everything and compare digests",
        ]
        for link in report.plan.links { parts.append("\(link.percent) % on \(link.name)") }
        if let flapping = report.plan.flapping { parts.append("\(flapping.percent) % flap") }
        for hostile in report.plan.hostiles {
            parts.append("\(hostile.count) × \(hostile.habit.rawValue)")
        }
        parts.append(
            ServerProcess.mayPin ? "server and swarm on a core each" : "server and swarm unpinned")
        return parts.joined(separator: " · ")
    }

    private var rows: String {
        report.figures.map { "<tr><th>\(escaped($0.name))</th><td>\($0.value)</td></tr>" }.joined()
    }

    private static var date: String { Date().formatted(.iso8601) }

    /// The processor, cores and kernel, as the system names them.
    private static var machine: String {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = model?.split(separator: ":").last.map(String.init) ?? "unknown processor"
        let kernel = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let release = (kernel ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        return "\(name.trimmingCharacters(in: .whitespaces)), \(cores) cores, Linux \(release)"
    }
}

// MARK: - Words

extension HTMLReport {
    private struct Verdict {
        var isGood: Bool
        var words: String

        var html: String {
            "<p class=\"\(isGood ? "good" : "bad")\"><b>\(isGood ? "✓" : "✗")</b> "
                + "\(escaped(words))</p>"
        }
    }

    private var verdicts: [Verdict] {
        var verdicts = [
            Verdict(
                isGood: report.connected == report.plan.clients,
                words: "\(report.connected) of \(report.plan.clients) clients were in the world"),
            Verdict(
                isGood: report.decodeErrors == 0,
                words: report.decodeErrors == 0
                    ? "Everything that was sent could be read"
                    : "\(report.decodeErrors) frames could not be read"),
            Verdict(
                isGood: report.divergences == 0,
                words: "\(report.digestsCompared) digests compared, "
                    + "\(report.divergences) differed"),
        ]
        // Who asks for bad links gets what it asked for.
        if report.plan.links.isEmpty, report.plan.flapping == nil {
            verdicts.append(
                Verdict(
                    isGood: report.lostPercent < 0.5,
                    words: "\(rounded(report.lostPercent)) % of the server's datagrams were lost"))
        }
        if let server = report.recorder.server {
            let late = Double(Histogram(server.lateness).valueAtPercentile(99)) / 1_000
            verdicts.append(
                Verdict(
                    isGood: late <= period / 10,
                    words: "99 % of ticks began within \(rounded(late, 100)) ms, "
                        + "\(rounded(100 * late / period, 10)) % of a tick"))
            verdicts.append(
                Verdict(
                    isGood: server.skippedTicks == 0,
                    words: "\(server.skippedTicks) ticks were left out"))
        }
        return verdicts
    }

    private var tiles: String {
        var tiles = [("clients", "\(report.connected)", "at \(report.hertz) Hz")]
        if let cpu = report.serverCPUPerClientTick {
            tiles.append(("server", "\(rounded(cpu, 100)) µs", "processor per client and tick"))
        }
        let rate = report.bytesPerClientPerSecond * 8 / 1_000
        tiles += [
            (
                "swarm", "\(rounded(report.swarmCPUPerClientTick, 100)) µs",
                "processor per client and tick"
            ),
            ("each client", "\(Int(rate)) kbit/s", "of UDP payload, down"),
            ("states", Chart.short(report.updatesPerSecond), "entity updates a second"),
            ("lost", "\(rounded(report.lostPercent, 100)) %", "of datagrams down"),
        ]
        return tiles.map {
            "<div><span>\($0.0)</span><strong>\(escaped($0.1))</strong><em>\($0.2)</em></div>"
        }.joined()
    }
}

// MARK: - Plots

extension HTMLReport {
    private func curve(
        _ name: String, _ colour: Int, _ value: (Moment) -> Double?
    ) -> Curve {
        Curve(
            name: name, colour: colour,
            points: moments.compactMap { moment in value(moment).map { (moment.second, $0) } })
    }

    private var overTime: [Chart] {
        [
            Chart(
                title: "Tick lateness", unit: "ms",
                curves: [
                    curve("p50", 0, \.latenessP50), curve("p99", 1, \.latenessP99),
                ], limit: (period / 10, "10 % of a tick")),
            Chart(
                title: "Tick duration", unit: "ms", curves: [curve("p99", 0, \.durationP99)],
                limit: (period, "one tick")),
            Chart(
                title: "Processor time", unit: "% of one core",
                curves: [curve("server", 0, \.serverCPU), curve("swarm", 2, \.swarmCPU)],
                limit: (100, "one core")),
            Chart(
                title: "Age of states on arrival", unit: "ms",
                curves: [curve("p50", 0, \.ageP50), curve("p99", 1, \.ageP99)]),
            Chart(
                title: "Bytes to each client", unit: "B/s",
                curves: [curve("payload", 0, \.bytesPerClient)]),
            Chart(
                title: "Entity updates", unit: "1/s", curves: [curve("all clients", 0, \.updates)]),
            Chart(
                title: "Datagrams down", unit: "1/s", curves: [curve("all clients", 0, \.packets)]),
            Chart(title: "Lost", unit: "% of datagrams", curves: [curve("down", 1, \.lostPercent)]),
        ]
    }

    /// Values over percentiles, each nine as wide as the one before (HdrHistogram's own plot).
    private func distribution(
        _ title: String, _ unit: String, _ series: [(String, Int, (Double) -> Double)]
    ) -> Chart {
        let names = ["0", "90", "99", "99.9", "99.99"]
        let marks = names.enumerated().map { (x: Double($0.offset), name: "\($0.element) %") }
        let curves = series.map { name, colour, value in
            Curve(
                name: name, colour: colour,
                points: stride(from: 0.0, through: 4.0, by: 0.05).map { nines in
                    (nines, value(100 * (1 - pow(10, -nines))))
                })
        }
        return Chart(title: title, unit: unit, curves: curves, limit: nil, marks: marks)
    }

    private var distributions: [Chart] {
        var charts: [Chart] = []
        if let server = report.recorder.server {
            let lateness = Histogram(server.lateness)
            let durations = Histogram(server.durations)
            charts.append(
                distribution(
                    "Ticks", "ms by percentile",
                    [
                        ("lateness", 1, { Double(lateness.valueAtPercentile($0)) / 1_000 }),
                        ("duration", 0, { Double(durations.valueAtPercentile($0)) / 1_000 }),
                    ]))
        }
        let ages = report.recorder.ages
        let trips = report.roundTrips
        charts.append(
            distribution(
                "Latency", "ms by percentile",
                [
                    ("age of states", 0, { Double(ages.valueAtPercentile($0)) }),
                    ("round trip", 2, { Double(trips.valueAtPercentile($0)) / 1_000 }),
                ]))
        return charts
    }
}
