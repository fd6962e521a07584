// Wishes that no server may grant, made by clients that otherwise behave: a refusal is the only right
// answer, whatever the network does. Each is forbidden by the world's description and by what the
// client knows for certain, so an acceptance is a fault of the door.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnWorld

/// One client's forbidden wishes.
struct Trespasses {
    private var wishes: [UInt32: String] = [:]
    private(set) var faults: [String] = []

    /// Something forbidden; nil when nothing around invites it.
    func wish(
        of client: borrowing WorldClient, thing: EntityID?, random: inout SeededRandom
    ) -> (what: String, intent: Intent)? {
        let place = client.newestMotion(of: client.entity)?.position ?? .origin
        switch random.below(11) {
        case 0:
            return ("to say what is no plain text", .say("\u{1b}[2Jhello"))
        case 1:
            return ("to shout", .say(String(repeating: "A", count: WorldLimits.sayBytes + 1)))
        case 2:
            return (
                "to make a character",
                .create(SimulatedKind.character, Motion(position: place), name: "mine")
            )
        case 3:
            let beyond = Position(x: place.x, y: .max, z: place.z)
            return (
                "to build outside the world",
                .create(SimulatedKind.thing, Motion(position: beyond), name: "mine")
            )
        case 4:
            return (
                "to build what flies",
                .create(
                    SimulatedKind.thing,
                    Motion(position: place, velocity: Velocity(x: 1, y: 0, z: 0)), name: "mine")
            )
        case 5...6:
            guard let id = foreignThing(client) else { return nil }
            return ("to delete the kiosk", .delete(id))
        case 7:
            guard let id = foreignThing(client) else { return nil }
            return ("to move the kiosk", .place(id, Motion(position: place)))
        case 8:
            guard let thing else { return nil }
            let beyond: Int64 = random.chance(Ratio(1, in: 2)) ? 10 : -1
            return (
                "to set a colour beyond its range",
                .set(thing, SimulatedField.colour, .integer(beyond))
            )
        case 9:
            guard let thing else { return nil }
            return ("to set a field that is not there", .set(thing, FieldID(999), .integer(1)))
        default:
            guard let thing else { return nil }
            return (
                "to put what the field does not hold",
                .insert(thing, SimulatedField.tags, .integer(Int64(random.below(9))))
            )
        }
    }

    /// The wish went out under this number.
    mutating func asked(_ what: String, as number: UInt32) { wishes[number] = what }

    mutating func accepted(_ number: UInt32) {
        guard let what = wishes.removeValue(forKey: number) else { return }
        faults.append("was allowed \(what)")
    }

    /// A line that came from the server, whoever is said to have said it.
    mutating func heard(_ name: String, _ line: String) {
        if let fault = Invariants.fault(in: line, atMostBytes: WorldLimits.sayBytes) {
            faults.append("heard \(name) say what \(fault)")
        }
    }

    mutating func refused(_ number: UInt32) { wishes[number] = nil }

    /// A new session counts its wishes from the start.
    mutating func forget() { wishes.removeAll() }

    /// The world's own thing, which no client owns.
    private func foreignThing(_ client: borrowing WorldClient) -> EntityID? {
        client.entityIDs.first {
            client.kind(of: $0)?.id == SimulatedKind.thing && client.text(.name, of: $0) == "kiosk"
        }
    }
}
