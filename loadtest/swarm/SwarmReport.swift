// What a run has seen, added up over all bots.

import CairnBasics
import CairnClient
import CairnRuntime
import Histogram

/// The result of one run.
struct SwarmReport {
    var clients = 0
    var connected = 0
    var phones = 0
    var phonesPlaced = 0
    var totals = ClientStatistics()
    var refusals = 0
    var edits = 0
    var durableEdits = 0
    var heard = 0
    /// Milliseconds of every connected bot's round trip, in hundredths.
    private var roundTrips = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    /// Millimetres by which phones saw NPCs beside their true place.
    private var frameErrors = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    private var lost = 0.0
    private var bytesPerClientPerSecond = 0.0
    private var updatesPerSecond = 0.0

    mutating func add(_ bot: Bot) {
        let statistics = bot.statistics
        if bot.hasJoined && !bot.hasEnded { connected += 1 }
        totals.bytesReceived += statistics.bytesReceived
        totals.packets += statistics.packets
        totals.ticks += statistics.ticks
        totals.decodeErrors += statistics.decodeErrors
        totals.digestsCompared += statistics.digestsCompared
        totals.divergences += statistics.divergences
        totals.entityUpdates += statistics.entityUpdates
        edits += bot.edits
        durableEdits += bot.durableEdits
        refusals += bot.refusals
        heard += bot.heard
        lost += statistics.lossShare
        roundTrips.record(UInt64(max(0, statistics.roundTrip.nanoseconds / 10_000)))
        guard let phone = bot.phone else { return }
        phones += 1
        if phone.isPlaced { phonesPlaced += 1 }
        for error in phone.errorsMillimetres { frameErrors.record(UInt64(error)) }
    }

    /// Turns totals into rates over the time since everyone had joined.
    mutating func settle(since baseline: SwarmReport, seconds: Double) {
        guard seconds > 0, connected > 0 else { return }
        let bytes = Double(totals.bytesReceived) - Double(baseline.totals.bytesReceived)
        let updates = Double(totals.entityUpdates) - Double(baseline.totals.entityUpdates)
        bytesPerClientPerSecond = bytes / seconds / Double(connected)
        updatesPerSecond = updates / seconds
    }

    /// True when every bot is in, everything was read and nobody saw another world.
    var isGood: Bool {
        connected == clients && totals.decodeErrors == 0 && totals.divergences == 0
    }

    var json: String {
        """
        {"clients":\(clients), "connected":\(connected), \
        "bytesPerClientPerSecond":\(Int(bytesPerClientPerSecond)), \
        "entityUpdatesPerSecond":\(Int(updatesPerSecond)), \
        "decodeErrors":\(totals.decodeErrors), "digestsCompared":\(totals.digestsCompared), \
        "divergences":\(totals.divergences), \
        "lostPercent":\(rounded(100 * lost / Double(max(1, clients)))), \
        "roundTripP50Ms":\(rounded(Double(roundTrips.valueAtPercentile(50)) / 100)), \
        "roundTripP99Ms":\(rounded(Double(roundTrips.valueAtPercentile(99)) / 100)), \
        "edits":\(edits), "durableEdits":\(durableEdits), "refusals":\(refusals), \
        "heard":\(heard), "phones":\(phones), "phonesPlaced":\(phonesPlaced), \
        "phoneErrorP95Millimetres":\(frameErrors.valueAtPercentile(95)), \
        "cpuSeconds":\(rounded(processCPUTime().seconds))}
        """
    }

    private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
