// Things in the hands of bodies. A carried thing stands where its carrier stands and moves with it, so
// whoever sees the one sees the other and no client has to know more. Its placement stays that of
// the last time it was put down: where it stands again when its carrier is gone without a word.
//
// Under concurrency: the holder is a latest-wins register. Two nodes that both let somebody pick the
// same thing up agree on the later one once they have heard of each other.

public import CairnBasics
import CairnCRDT
import CairnGeometry

/// A thing and the body that is written to carry it.
public struct CarriedThing: Hashable, Sendable {
    public var thing: EntityID
    public var holder: EntityID
}

extension WorldState {
    /// The body that carries a thing, while that lives in the world.
    /// - Complexity: O(log things carried)
    public func holder(of thing: EntityID) -> EntityID? {
        let index = carriedIndex(of: thing)
        guard index < carried.count, carried[index].thing == thing,
            table.row(of: carried[index].holder) != nil
        else { return nil }
        return carried[index].holder
    }

    /// The things that a body carries, ascending.
    /// - Complexity: O(things carried by anybody)
    public func things(carriedBy body: EntityID) -> [EntityID] {
        carried.compactMap { $0.holder == body ? $0.thing : nil }
    }

    /// Moves what is carried to its carriers; call it once a tick, after the bodies have moved.
    /// - Complexity: O(things carried)
    public mutating func moveCarried() {
        for index in carried.indices {
            guard let row = table.row(of: carried[index].thing) else { continue }
            if let body = table.row(of: carried[index].holder) {
                var motion = table.motions[row]
                motion.position = table.motions[body].position
                motion.velocity = table.motions[body].velocity
                move(row: row, to: motion)
            } else if let state = lattice[carried[index].thing],
                let motion = Self.placement(in: state)
            {
                move(row: row, to: motion)
            }
        }
    }

    /// Lets the list of what is carried follow the lattice.
    mutating func followHolder(of thing: EntityID, _ state: EntityState?) {
        let index = carriedIndex(of: thing)
        let isListed = index < carried.count && carried[index].thing == thing
        if let holder = state?.writtenHolder {
            let entry = CarriedThing(thing: thing, holder: holder)
            if isListed { carried[index] = entry } else { carried.insert(entry, at: index) }
        } else if isListed {
            carried.remove(at: index)
        }
    }

    private func carriedIndex(of thing: EntityID) -> Int {
        var low = 0
        var high = carried.count
        while low < high {
            let middle = low + (high - low) / 2
            if carried[middle].thing < thing { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
