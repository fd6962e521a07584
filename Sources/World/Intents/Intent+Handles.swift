// Handles: names for entities that do not exist yet. Only servers make ids, and a client that is away
// may wish for a thing and for changes to it before any server has heard of the first. Until then it
// calls the thing "what my intent 7 made"; the server puts the id in that place at the door.
//
// A handle has the form of an id of a replica that can never write, so it fits wherever an id does,
// and a server that does not resolve it finds no such entity.

public import CairnBasics
import CairnCRDT

extension ReplicaID {
    /// The replica of all handles: no node has the number 255, so no id has it.
    public static let handles = ReplicaID(raw: .max)
}

extension EntityID {
    /// What the client's intent of this number creates.
    public init(createdBy number: UInt32) { self.init(replica: .handles, number: number) }

    /// The intent that a handle stands for; nil for an id.
    public var creatingIntent: UInt32? { replica == .handles ? number : nil }
}

extension Intent {
    /// The same wish with every handle in it replaced.
    ///
    /// - Returns: Nil when `resolve` does not know one of them.
    public func resolvingHandles(_ resolve: (UInt32) -> EntityID?) -> Intent? {
        if case .all(let parts) = self {
            let resolved = parts.compactMap { $0.resolvingHandles(resolve) }
            return resolved.count == parts.count ? .all(resolved) : nil
        }
        var isWhole = true
        func id(_ id: EntityID) -> EntityID {
            guard let number = id.creatingIntent else { return id }
            guard let found = resolve(number) else {
                isWhole = false
                return id
            }
            return found
        }
        func value(_ scalar: Scalar) -> Scalar {
            if case .entity(let entity) = scalar { .entity(id(entity)) } else { scalar }
        }
        let resolved: Intent =
            switch self {
            case .create, .say, .all: self
            case .delete(let it): .delete(id(it))
            case .set(let it, let field, let new): .set(id(it), field, value(new))
            case .add(let it, let field, let amount): .add(id(it), field, amount)
            case .insert(let it, let field, let element): .insert(id(it), field, value(element))
            case .remove(let it, let field, let element): .remove(id(it), field, value(element))
            case .put(let it, let field, let key, let new):
                .put(id(it), field, key: key, value(new))
            case .removeKey(let it, let field, let key): .removeKey(id(it), field, key: key)
            case .place(let it, let motion): .place(id(it), motion)
            case .pickUp(let it): .pickUp(id(it))
            case .putDown(let it, let motion): .putDown(id(it), motion)
            case .give(let it, let receiver): .give(id(it), to: id(receiver))
            case .trade(let other, let mine, let theirs):
                .trade(with: id(other), mine: mine.map(id), theirs: theirs.map(id))
            case .share(let it, let identity): .share(id(it), identity)
            case .unshare(let it, let identity): .unshare(id(it), identity)
            case .handOver(let it, let identity): .handOver(id(it), identity)
            }
        return isWhole ? resolved : nil
    }
}
