// When to plan anew: people gathered or left, or somebody has no site; and not too often, since
// a plan that changes every moment sends everybody walking for nothing.

import CairnBasics

/// Remembers what the last plan was made for.
struct PlanSchedule: Sendable {
    /// The part of the people that must have moved to another square.
    static let leastChange = 0.25

    private var planned: Instant?
    private var density: [(square: Crowd.Square, count: Int)] = []

    /// True when a plan is worth making and the last one is old enough.
    func isDue(_ surroundings: Surroundings, hasHomeless: Bool, rules: AgentRules) -> Bool {
        guard let planned else { return true }
        guard surroundings.now - planned >= rules.replanInterval else { return false }
        return hasHomeless || change(to: Self.density(of: surroundings.crowd)) >= Self.leastChange
    }

    /// Takes note that a plan is being made from these surroundings.
    mutating func planned(_ surroundings: Surroundings) {
        planned = surroundings.now
        density = Self.density(of: surroundings.crowd)
    }

    /// How many people are in another square than before, as a part of all; 0 for nobody.
    /// - Complexity: O(squares)
    private func change(to new: [(square: Crowd.Square, count: Int)]) -> Double {
        var difference = 0
        var old = density[...]
        for entry in new {
            while let first = old.first, first.square < entry.square {
                difference += first.count
                old.removeFirst()
            }
            if let first = old.first, first.square == entry.square {
                difference += abs(first.count - entry.count)
                old.removeFirst()
            } else {
                difference += entry.count
            }
        }
        difference += old.reduce(0) { $0 + $1.count }
        let people = (density + new).reduce(0) { $0 + $1.count }
        return people > 0 ? Double(difference) / Double(people) : 0
    }

    /// People in each occupied square, in the squares' order.
    private static func density(of crowd: Crowd) -> [(square: Crowd.Square, count: Int)] {
        crowd.squares.compactMap { square in
            let people = crowd.members[square.members].filter { $0.role != .npc }
            return people.isEmpty ? nil : (square.square, people.count)
        }
    }
}
