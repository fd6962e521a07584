// What an operator reads when the server has given something up or taken it back: what, because of
// which figure, and what comes next. Sentences for somebody who was asleep a minute ago.

public import CairnBasics

/// One step on the ladder, up or down.
public struct OverloadStep: Hashable, Sendable {
    public var from: OverloadRung
    public var to: OverloadRung
    /// World time for wall time, in 256ths, from now on.
    public var timeShare: Int
    public var isClimb: Bool
    /// What led to it: the load of late and in thousandths, and the length of a tick then.
    public var load: TickLoad
    public var loadPermille: Int
    public var period: TimeSpan
    public var clients: Int

    public init(
        from: OverloadRung, to: OverloadRung, timeShare: Int, isClimb: Bool, load: TickLoad,
        loadPermille: Int, period: TimeSpan, clients: Int
    ) {
        self.from = from
        self.to = to
        self.timeShare = timeShare
        self.isClimb = isClimb
        self.load = load
        self.loadPermille = loadPermille
        self.period = period
        self.clients = clients
    }

    /// What is given up since now, or is as it was again.
    public var what: String {
        let time = "the world's time runs at \(Self.percent(ofShare: timeShare)) %"
        if isClimb {
            return "overloaded: " + (to == .dilation ? time : to.givenUp)
        }
        return "less load: " + (to == .dilation ? time : from.takenBack)
    }

    /// The figure that caused it.
    public var why: String {
        let share = "\((loadPermille + 5) / 10) % of a tick's \(Self.words(period))"
        let late = "began \(Self.words(load.lateness)) late, took \(Self.words(load.duration))"
        let people = clients == 1 ? "1 client" : "\(clients) clients"
        return "\(share) needed: \(late), \(Self.words(load.busy)) of the processor; \(people)"
    }

    /// What happens if that goes on.
    public var next: String {
        if isClimb {
            if let rung = OverloadRung(rawValue: to.rawValue + 1) {
                return "if that is not enough, " + rung.givenUp
            }
            return timeShare > OverloadLadder.slowestTimeShare
                ? "if that is not enough, it slows further, to 25 % at least"
                : "nothing more to give up: ticks come late if that is not enough"
        }
        if to == .dilation { return "if it stays so, it runs faster again" }
        return to == .none ? "all is as it should be" : "if it stays so, " + to.takenBack
    }

    /// A share of 256 in hundredths.
    static func percent(ofShare share: Int) -> Int {
        (share * 100 + OverloadLadder.fullTimeShare / 2) / OverloadLadder.fullTimeShare
    }

    /// Milliseconds with one decimal.
    private static func words(_ span: TimeSpan) -> String {
        let tenths = (span.nanoseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

extension OverloadRung {
    /// What the rung gives up, beside what those below it do.
    public var givenUp: String {
        switch self {
        case .none: "nothing is given up"
        case .spectators: "spectators are told of every third tick"
        case .farLevels: "far levels of detail are left out"
        case .rates: "everybody is told of every other tick"
        case .lowRates: "everybody is told of every fifth tick"
        case .admission: "nobody new is let in"
        case .dilation: "the world's time slows"
        }
    }

    /// What comes back when it is left.
    public var takenBack: String {
        switch self {
        case .none: "nothing was given up"
        case .spectators: "spectators are told of every tick again"
        case .farLevels: "far levels of detail are told again"
        case .rates: "everybody is told of every tick again"
        case .lowRates: "everybody is told of every other tick again"
        case .admission: "whoever comes is let in again"
        case .dilation: "the world's time runs as the wall's again"
        }
    }
}

extension OverloadLadder {
    /// World time for wall time in hundredths, 25 to 100.
    public var timePercent: Int { OverloadStep.percent(ofShare: timeShare) }
    /// The same at its slowest since the server started.
    public var slowestTimePercent: Int { OverloadStep.percent(ofShare: slowestShare) }
}
