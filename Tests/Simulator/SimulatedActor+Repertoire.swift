// What actors do, as one table: a row names a habit, says how often it is chosen, makes the intent,
// or finds nothing to do it to. Every kind of edit has a row; whoever adds a kind adds a row, and to
// `History+Intents` what the history should understand by it.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// What an actor knows when it makes up its mind.
struct ActorSight {
    let index: Int
    /// The things in its sight, and those of them that it made, ascending.
    let things: [EntityID]
    let mine: [EntityID]
    let place: Position

    /// Something in sight, one of the first few more often, so that actors meet at the same things.
    func thing(_ random: inout SeededRandom) -> EntityID? {
        let isPopular = random.chance(Ratio(1, in: 2))
        return random.element(of: isPopular ? things.prefix(3) : things[...])
    }
}

struct Practice: Sendable {
    let name: String
    let weight: UInt32
    let intent: @Sendable (ActorSight, inout SeededRandom) -> Intent?

    init(
        _ name: String, _ weight: UInt32,
        _ intent: @escaping @Sendable (ActorSight, inout SeededRandom) -> Intent?
    ) {
        self.name = name
        self.weight = weight
        self.intent = intent
    }

    /// Everything that actors know how to do.
    static let repertoire: [Practice] = [
        Practice("create", 4) { sight, _ in
            .create(SimulatedKind.thing, Motion(position: sight.place), name: "thing")
        },
        Practice("delete", 1) { sight, random in
            random.element(of: sight.mine[...]).map { .delete($0) }
        },
        Practice("place", 2) { sight, random in
            random.element(of: sight.mine[...]).map {
                .place($0, Motion(position: sight.place.beside(&random)))
            }
        },
        Practice("say", 1) { sight, _ in .say("hello from \(sight.index)") },
        // Two of twelve are beyond the range, and one is no number: refusals must arrive as well.
        Practice("set", 5) { sight, random in
            sight.thing(&random).map {
                .set($0, SimulatedField.colour, .integer(Int64(random.below(12))))
            }
        },
        Practice("set wrongly", 1) { sight, random in
            sight.thing(&random).map { .set($0, SimulatedField.colour, .text("blue")) }
        },
        // Amounts of many sizes, so that hardly any two sums of them are the same.
        Practice("add", 6) { sight, random in
            let amount = Int64(random.below(2_000_000)) - 1_000_000
            return sight.thing(&random).map {
                .add($0, SimulatedField.count, amount == 0 ? 1 : amount)
            }
        },
        Practice("insert", 4) { sight, random in
            sight.thing(&random).map {
                .insert($0, SimulatedField.tags, .text("tag \(random.below(4))"))
            }
        },
        Practice("remove", 4) { sight, random in
            sight.thing(&random).map {
                .remove($0, SimulatedField.tags, .text("tag \(random.below(4))"))
            }
        },
        Practice("put", 4) { sight, random in
            sight.thing(&random).map {
                .put(
                    $0, SimulatedField.notes, key: "k\(random.below(3))",
                    .text("note \(random.below(100))"))
            }
        },
        Practice("remove key", 3) { sight, random in
            sight.thing(&random).map {
                .removeKey($0, SimulatedField.notes, key: "k\(random.below(3))")
            }
        },
        Practice("offer the most", 3) { sight, random in
            sight.thing(&random).map {
                .set($0, SimulatedField.best, .integer(Int64(random.below(1_100))))
            }
        },
        Practice("offer the least", 3) { sight, random in
            sight.thing(&random).map {
                .set($0, SimulatedField.first, .integer(Int64(random.below(100_000)) - 50_000))
            }
        },
        Practice("sign", 3) { sight, random in
            sight.thing(&random).map {
                .set($0, SimulatedField.sign, .text("sign \(random.below(1_000))"))
            }
        },
        // More is taken than given, so that it stands near its bound, where a unit that is spent
        // twice shows.
        Practice("stock", 6) { sight, random in
            let amount = Int64(random.below(9)) - 5
            return sight.thing(&random).map {
                .add($0, SimulatedField.stock, amount == 0 ? 5 : amount)
            }
        },
        Practice("pick up", 3) { sight, random in sight.thing(&random).map { .pickUp($0) } },
        Practice("put down", 2) { sight, random in
            sight.thing(&random).map { .putDown($0, Motion(position: sight.place)) }
        },
        Practice("attach", 4) { sight, random in
            guard let thing = sight.thing(&random), let other = sight.thing(&random) else {
                return nil
            }
            return .set(thing, SimulatedField.hangsOn, .entity(other == thing ? .none : other))
        },
    ]

    /// The part of the repertoire that a seed's actors use: each row is left out in one of four.
    static func chosen(seed: UInt64) -> [Practice] {
        var random = SeededRandom(seed: seed ^ 0x7265_7065_7274)
        let chosen = repertoire.filter { _ in !random.chance(Ratio(1, in: 4)) }
        return chosen.count > 3 ? chosen : repertoire
    }
}

extension SeededRandom {
    mutating func element<Element>(of elements: ArraySlice<Element>) -> Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.startIndex + Int(below(UInt32(elements.count)))]
    }
}

extension Position {
    /// A place within a metre, in the world.
    fileprivate func beside(_ random: inout SeededRandom) -> Position {
        let bound = 39 * Position.unitsPerMetre
        func near(_ value: Int32) -> Int32 {
            max(-bound, min(bound, value &+ Int32(random.below(2_048)) - 1_024))
        }
        return Position(x: near(x), y: near(y), z: z)
    }
}
