// What a field may show, rule by rule. Each answers with what is wrong, in words; nil when all is well.

import CairnBasics

extension HistoryChecker {
    func fault(
        _ content: HistoryView.Content?, by rule: HistoryRule, _ deeds: [Deed]
    ) -> String? {
        switch (rule, content) {
        case (.latest, nil): return latestFault(nil, deeds, mayBeLost: false)
        case (.latest, .value(let value)?): return latestFault(value, deeds, mayBeLost: false)
        case (.parent, nil): return nil
        // An attachment does not hold while an end is missing or a circle would close.
        case (.parent, .value(let value)?): return latestFault(value, deeds, mayBeLost: true)
        case (.counter, nil): return sumFault(0, deeds)
        case (.counter, .sum(let sum)?): return sumFault(sum, deeds)
        case (.bounded(let bound), nil): return boundedFault(bound, from: bound, deeds)
        case (.bounded(let bound), .sum(let sum)?): return boundedFault(sum, from: bound, deeds)
        case (.maximum, nil), (.minimum, nil): return extremeFault(nil, by: rule, deeds)
        case (.maximum, .sum(let value)?), (.minimum, .sum(let value)?):
            return extremeFault(value, by: rule, deeds)
        case (.set, nil): return setFault([], deeds)
        case (.set, .values(let values)?): return setFault(values, deeds)
        case (.map, nil): return mapFault([:], deeds)
        case (.map, .entries(let entries)?): return mapFault(entries, deeds)
        case (.everyValue, nil): return everyValueFault([], deeds)
        case (.everyValue, .values(let values)?): return everyValueFault(values, deeds)
        case (_, let content?): return "shows \(content), which is not of its kind"
        }
    }

    /// True when whoever did `later` had surely seen what `earlier` did: it was done before, at the
    /// same node, which has not lost it in between.
    private func covers(_ later: Deed, _ earlier: Deed) -> Bool {
        guard earlier.latest < later.earliest, earlier.edit.node == later.edit.node,
            !later.edit.mayBeElsewhere
        else { return false }
        if earlier.edit.boot == later.edit.boot { return true }
        return earlier.edit.durableAt.map { $0 < later.earliest } ?? false
    }

    /// True when `later` surely has the later stamp.
    private func outdates(_ later: Deed, _ earlier: Deed) -> Bool {
        if covers(later, earlier) { return true }
        guard clocksAgree, earlier.latest < .distantFuture else { return false }
        return earlier.latest + .seconds(1) < later.earliest
    }

    private func written(_ deed: Deed) -> HistoryValue? {
        if case .write(_, let value) = deed.action { value } else { nil }
    }

    // MARK: Registers

    private func latestFault(
        _ shown: HistoryValue?, _ deeds: [Deed], mayBeLost: Bool
    ) -> String? {
        guard let shown, shown != .nothing || !mayBeLost else {
            let isWritten = deeds.contains { $0.isCertain && written($0) != .nothing }
            return isWritten && !mayBeLost ? "shows nothing, though something was written" : nil
        }
        let writers = deeds.filter { written($0) == shown }
        if writers.isEmpty { return "shows \(shown), which nobody wrote" }
        let isOutdated = writers.allSatisfy { writer in
            deeds.contains { $0.isCertain && outdates($0, writer) }
        }
        return isOutdated ? "shows \(shown), which was overwritten" : nil
    }

    private func extremeFault(
        _ shown: Int64?, by rule: HistoryRule, _ deeds: [Deed]
    ) -> String? {
        func offer(_ deed: Deed) -> Int64? {
            if case .number(let value)? = written(deed) { value } else { nil }
        }
        let certain = deeds.filter(\.isCertain).compactMap(offer)
        guard let shown else {
            return certain.isEmpty ? nil : "shows nothing, though \(certain[0]) was offered"
        }
        guard deeds.contains(where: { offer($0) == shown }) else {
            return "shows \(shown), which nobody offered"
        }
        let isBeaten =
            if case .maximum = rule {
                certain.contains { $0 > shown }
            } else {
                certain.contains { $0 < shown }
            }
        return isBeaten ? "shows \(shown), though better was offered: \(certain)" : nil
    }

    private func everyValueFault(_ shown: Set<HistoryValue>, _ deeds: [Deed]) -> String? {
        for value in shown {
            let writers = deeds.filter { written($0) == value }
            if writers.isEmpty { return "shows \(value), which nobody wrote" }
            let isReplaced = writers.allSatisfy { writer in
                deeds.contains { $0.isCertain && covers($0, writer) }
            }
            if isReplaced { return "shows \(value), which was replaced" }
        }
        for (index, deed) in deeds.enumerated() where deed.isCertain {
            guard let value = written(deed), !shown.contains(value) else { continue }
            let mayBeReplaced = deeds.indices.contains {
                $0 != index && deeds[$0].latest >= deed.earliest
            }
            if !mayBeReplaced { return "does not show \(value), which nobody replaced" }
        }
        return nil
    }

    // MARK: Sums

    private func amount(_ deed: Deed) -> Int64 {
        if case .add(_, let amount) = deed.action { amount } else { 0 }
    }

    /// The certain amounts all count; of the others each may.
    private func sumFault(_ shown: Int64, _ deeds: [Deed]) -> String? {
        let certain = deeds.filter(\.isCertain).reduce(0) { $0 + amount($1) }
        let open = deeds.filter { !$0.isCertain }.map(amount)
        let lowest = open.reduce(certain) { $0 + min(0, $1) }
        let highest = open.reduce(certain) { $0 + max(0, $1) }
        guard shown >= lowest && shown <= highest else {
            return "shows \(shown), not \(lowest) to \(highest)"
        }
        guard open.count <= Self.exactSumLimit else { return nil }
        var sums: Set<Int64> = [certain]
        for amount in open { sums.formUnion(sums.map { $0 + amount }) }
        return sums.contains(shown)
            ? nil : "shows \(shown), which is \(certain) and no sum of \(open)"
    }

    /// So many open amounts are tried in every combination.
    private static let exactSumLimit = 10

    /// More cannot have been taken than there was, at any time.
    private func boundedFault(_ shown: Int64, from bound: Int64, _ deeds: [Deed]) -> String? {
        if shown < bound { return "shows \(shown), under its bound \(bound)" }
        if let wrong = sumFault(shown - bound, deeds) { return wrong }
        let spent = deeds.filter { $0.isCertain && amount($0) < 0 }
            .sorted { $0.latest < $1.latest }
        var total: Int64 = 0
        for deed in spent {
            total -= amount(deed)
            let granted = deeds.filter { amount($0) > 0 && $0.earliest < deed.latest }
                .reduce(0) { $0 + amount($1) }
            if total > granted { return "was overdrawn: \(total) taken, \(granted) given" }
        }
        return nil
    }

    // MARK: Sets and maps

    private func setFault(_ shown: Set<HistoryValue>, _ deeds: [Deed]) -> String? {
        var elements = shown
        for deed in deeds { if let element = element(deed) { elements.insert(element) } }
        for element in elements.sorted(by: HistoryValue.precedes) {
            let mine = deeds.filter { self.element($0) == element }
            let wrong = presenceFault(shown.contains(element), mine)
            if let wrong { return "\(wrong) \(element)" }
        }
        return nil
    }

    private func mapFault(
        _ shown: [HistoryValue: HistoryValue], _ deeds: [Deed]
    ) -> String? {
        var keys = Set(shown.keys)
        for deed in deeds { if let key = element(deed) { keys.insert(key) } }
        for key in keys.sorted(by: HistoryValue.precedes) {
            let mine = deeds.filter { element($0) == key }
            if let wrong = presenceFault(shown[key] != nil, mine) { return "\(wrong) \(key)" }
            guard let value = shown[key] else { continue }
            let writers = mine.filter {
                if case .put(_, key: _, let put) = $0.action { put == value } else { false }
            }
            if writers.isEmpty { return "shows \(value) at \(key), which nobody put there" }
            let isReplaced = writers.allSatisfy { writer in
                mine.contains { $0.isCertain && adds($0) && covers($0, writer) }
            }
            if isReplaced { return "shows \(value) at \(key), which was replaced" }
        }
        return nil
    }

    /// The element of a set, or the key of a map, that a deed is about.
    private func element(_ deed: Deed) -> HistoryValue? {
        switch deed.action {
        case .insert(_, let element), .remove(_, let element): element
        case .put(_, let key, _), .removeKey(_, let key): key
        default: nil
        }
    }

    private func adds(_ deed: Deed) -> Bool {
        switch deed.action {
        case .insert, .put: true
        default: false
        }
    }

    /// Adding wins: what was added must be there unless it may have been removed after that, and is
    /// gone only when whoever removed it had seen every addition.
    private func presenceFault(_ isShown: Bool, _ deeds: [Deed]) -> String? {
        let additions = deeds.filter(adds)
        let removals = deeds.filter { !adds($0) }
        if isShown {
            let isGone = removals.contains { removal in
                removal.isCertain && additions.allSatisfy { covers(removal, $0) }
            }
            return additions.isEmpty || isGone ? "should no longer hold" : nil
        }
        let isThere = additions.contains { addition in
            addition.isCertain && removals.allSatisfy { $0.latest < addition.earliest }
        }
        return isThere ? "has lost" : nil
    }
}

extension HistoryValue {
    /// Any order that is the same in every run.
    static func precedes(_ left: HistoryValue, _ right: HistoryValue) -> Bool {
        "\(left)" < "\(right)"
    }
}
