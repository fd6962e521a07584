// What a run has seen: totals over all members, and rates over the measured time.

import CairnBasics
import CairnClient
import CairnRuntime
import Foundation
import Histogram

/// The result of one run.
struct SwarmReport {
    let plan: CrowdPlan
    let hertz: Int
    var connected = 0
    private var decoding = 0
    private var phones = 0
    private var phonesPlaced = 0
    private var totals = ClientStatistics()
    private var refusals = 0
    private var edits = 0
    private var durableEdits = 0
    private var heard = 0
    private var hostileDatagrams = 0
    private var timesPutOut = 0
    private var lostUp: UInt64 = 0
    private var settledUp: UInt64 = 0
    /// Every connected member's round trip in microseconds.
    private(set) var roundTrips = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    /// Millimetres by which phones saw NPCs beside their true place.
    private var frameErrors = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    private(set) var recorder: Recorder
    private var lightDecodeErrors: UInt64 = 0

    init(plan: CrowdPlan, hertz: Int) {
        self.plan = plan
        self.hertz = hertz
        recorder = Recorder(plan)
    }

    mutating func add(_ bot: Bot) {
        let statistics = bot.statistics
        decoding += 1
        if bot.hasJoined { note(roundTrip: statistics.roundTrip) }
        totals.decodeErrors += statistics.decodeErrors
        totals.digestsCompared += statistics.digestsCompared
        totals.divergences += statistics.divergences
        edits += bot.edits
        durableEdits += bot.durableEdits
        refusals += bot.refusals
        heard += bot.heard
        guard let phone = bot.phone else { return }
        phones += 1
        if phone.isPlaced { phonesPlaced += 1 }
        for error in phone.errorsMillimetres { frameErrors.record(UInt64(error)) }
    }

    mutating func add(_ light: LightBot) {
        if light.hasJoined { note(roundTrip: light.roundTrip ?? .zero) }
        lostUp += light.lossesUp.lost
        settledUp += light.lossesUp.settled
    }

    mutating func add(_ hostile: Hostile) {
        hostileDatagrams += hostile.datagramsSent
        timesPutOut += hostile.timesPutOut
    }

    private mutating func note(roundTrip: TimeSpan) {
        if roundTrip > .zero { roundTrips.record(UInt64(roundTrip.nanoseconds / 1_000)) }
    }

    /// Takes the measured time.
    mutating func settle(_ recorder: Recorder, commons: Commons) {
        self.recorder = recorder
        lightDecodeErrors = commons.tally.decodeErrors
    }

    var digestsCompared: UInt64 { totals.digestsCompared }
    var divergences: UInt64 { totals.divergences }
    var decodeErrors: UInt64 { totals.decodeErrors + lightDecodeErrors }

    /// True when every bot is in, everything was read and nobody saw another world.
    var isGood: Bool {
        connected == plan.clients && decodeErrors == 0 && totals.divergences == 0
    }
}

extension SwarmReport {
    /// Per connected client and tick of the measured time.
    private func perClientTick(_ amount: Double) -> Double {
        amount / max(1, Double(connected) * recorder.seconds * Double(hertz))
    }

    private func change(_ value: (Reading) -> Double) -> Double {
        guard let first = recorder.first, let last = recorder.last else { return 0 }
        return value(last) - value(first)
    }

    var swarmCPUPerClientTick: Double { perClientTick(change { $0.cpu.seconds } * 1e6) }

    /// Nil when the server is elsewhere.
    var serverCPUPerClientTick: Double? {
        recorder.server.map {
            Double($0.cpuMicroseconds) / max(1, Double(connected) * Double($0.ticks))
        }
    }

    var lostPercent: Double {
        let missing = max(0, change(\.missing))
        return 100 * missing / max(1, missing + change(\.packets))
    }

    var bytesPerClientPerSecond: Double {
        change(\.bytes) / max(0.001, recorder.seconds) / Double(max(1, connected))
    }

    var updatesPerSecond: Double { change(\.updates) / max(0.001, recorder.seconds) }

    /// The figures in the order in which a person wants them; a name, and a number or null.
    var figures: [(name: String, value: String)] {
        whoAndHowFast + serverFigures + traffic + swarmFigures
    }

    var json: String {
        "{" + figures.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ", ") + "}"
    }

    private func figure(_ value: Double?) -> String { value.map { "\(rounded($0))" } ?? "null" }

    private func age(_ percentile: Double) -> String {
        let ages = recorder.ages
        return ages.totalCount == 0 ? "null" : "\(ages.valueAtPercentile(percentile))"
    }

    private var whoAndHowFast: [(name: String, value: String)] {
        [
            ("clients", "\(plan.clients)"), ("connected", "\(connected)"), ("hz", "\(hertz)"),
            ("seconds", figure(recorder.seconds)), ("decoding", "\(decoding)"),
        ]
    }

    private var serverFigures: [(name: String, value: String)] {
        let server = recorder.server
        let lateness = server.map { Histogram($0.lateness) }
        let durations = server.map { Histogram($0.durations) }
        func milliseconds(_ histogram: Histogram<UInt64>?, _ percentile: Double) -> Double? {
            histogram.map { Double($0.valueAtPercentile(percentile)) / 1_000 }
        }
        return [
            ("tickLatenessP50Ms", figure(milliseconds(lateness, 50))),
            ("tickLatenessP99Ms", figure(milliseconds(lateness, 99))),
            ("tickLatenessMaxMs", figure(milliseconds(lateness, 100))),
            ("tickDurationP50Ms", figure(milliseconds(durations, 50))),
            ("tickDurationP99Ms", figure(milliseconds(durations, 99))),
            ("serverTicks", server.map { "\($0.ticks)" } ?? "null"),
            ("serverSkippedTicks", server.map { "\($0.skippedTicks)" } ?? "null"),
            ("serverCpuMicrosPerClientTick", figure(serverCPUPerClientTick)),
            ("serverResidentBytes", server.map { "\($0.residentBytes)" } ?? "null"),
            ("serverKernelDrops", server.map { "\($0.kernelDrops)" } ?? "null"),
            ("serverSendDrops", server.map { "\($0.sendDrops)" } ?? "null"),
            ("datagramsDownPerClientTick", figure(server.map(perServerTick(\.datagramsSent)))),
            ("bytesDownPerClientTick", figure(server.map(perServerTick(\.bytesSent)))),
            ("datagramsUpPerClientTick", figure(server.map(perServerTick(\.datagramsReceived)))),
            ("bytesUpPerClientTick", figure(server.map(perServerTick(\.bytesReceived)))),
        ]
    }

    private func perServerTick(
        _ field: KeyPath<ServerStatus, UInt64>
    ) -> (ServerStatus) -> Double {
        { Double($0[keyPath: field]) / max(1, Double(connected) * Double($0.ticks)) }
    }

    private var traffic: [(name: String, value: String)] {
        [
            ("bytesPerClientPerSecond", "\(Int(bytesPerClientPerSecond))"),
            ("entityUpdatesPerSecond", "\(Int(updatesPerSecond))"),
            ("entityUpdatesPerClientTick", figure(perClientTick(change(\.updates)))),
            ("ticksHeardPercent", figure(100 * perClientTick(change(\.ticks)))),
            ("decodeErrors", "\(decodeErrors)"),
            ("digestsCompared", "\(totals.digestsCompared)"),
            ("divergences", "\(totals.divergences)"),
            ("lostPercent", figure(lostPercent)),
            ("lostUpPercent", figure(100 * Double(lostUp) / Double(max(1, settledUp)))),
            ("stateAgeP50Ms", age(50)), ("stateAgeP99Ms", age(99)),
            ("roundTripP50Ms", figure(Double(roundTrips.valueAtPercentile(50)) / 1_000)),
            ("roundTripP99Ms", figure(Double(roundTrips.valueAtPercentile(99)) / 1_000)),
        ]
    }

    private var swarmFigures: [(name: String, value: String)] {
        [
            ("swarmCpuMicrosPerClientTick", figure(swarmCPUPerClientTick)),
            ("cpuSeconds", figure(processCPUTime().seconds)),
            ("edits", "\(edits)"), ("durableEdits", "\(durableEdits)"),
            ("refusals", "\(refusals)"), ("heard", "\(heard)"), ("phones", "\(phones)"),
            ("phonesPlaced", "\(phonesPlaced)"),
            ("phoneErrorP95Millimetres", "\(frameErrors.valueAtPercentile(95))"),
            ("hostileDatagrams", "\(hostileDatagrams)"),
            ("hostilesPutOut", "\(timesPutOut)"),
        ]
    }
}
