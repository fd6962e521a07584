import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWorld
import Simulator

/// What became of an intent.
enum Answer: Equatable {
    case accepted(EntityID)
    case refused(Refusal)
    case silence

    var created: EntityID? { if case .accepted(let id) = self { id } else { nil } }
    var refusal: Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }
    var isAccepted: Bool { created != nil }
}

extension Simulation {
    /// Several clients at the same gate, a step and a half from one another: the even ones.
    static func gathered(
        _ clients: Int, _ change: (inout Options) -> Void = { _ in }
    ) -> Simulation {
        var options = Options(faults: LinkConditions(delay: .milliseconds(5)))
        options.clients = clients
        options.actorsAct = false
        change(&options)
        var world = Simulation(seed: 1, options: options)
        world.run(for: .seconds(1))
        return world
    }

    /// Sends an intent and waits for the answer.
    mutating func ask(_ actor: Int, _ intent: Intent) -> Answer {
        // Numbers begin anew with a session, so what was answered before does not count.
        actors[actor].events.removeAll()
        let number = actors[actor].client.submit(intent)
        run(for: .milliseconds(200))
        return answer(to: number, of: actor)
    }

    func answer(to number: UInt32, of actor: Int) -> Answer {
        for event in actors[actor].events {
            switch event {
            case .accepted(number, let created): return .accepted(created)
            case .refused(number, let refusal): return .refused(refusal)
            default: continue
            }
        }
        return .silence
    }

    func body(_ actor: Int) -> EntityID { actors[actor].client.entity }

    func place(of id: EntityID) -> Position { server.motion(of: id)?.position ?? .origin }

    /// Lets an actor put a new thing at its own feet.
    mutating func make(_ actor: Int, named name: String = "thing") -> EntityID {
        let motion = Motion(position: place(of: body(actor)))
        return ask(actor, .create(SimulatedKind.thing, motion, name: name)).created ?? .none
    }

    func holder(of thing: EntityID) -> EntityID? { server.lattice[thing]?.writtenHolder }

    func leave(_ actor: Int) -> DatagramBatch {
        var batch = DatagramBatch(capacity: 4)
        actors[actor].client.leave(into: &batch, now: now)
        return batch
    }
}
