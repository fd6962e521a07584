// Nobody but the server writes shared state. What everybody else sends is an intent: one thing
// that they would like to be so. The door judges it (see Door), the server stamps and applies it.
//
// On the wire: a tag byte, then the fields in order; entity ids and numbers as varints.

public import CairnBasics
public import CairnCRDT
public import CairnGeometry

/// One wish to change the world, from a player, a device, a character or an operator.
public enum Intent: Hashable, Sendable {
    /// Puts a new entity of a kind where the motion says, at rest.
    case create(KindID, Motion, name: String?)
    case delete(EntityID)
    /// Gives a field of policy `.latest` a value, offers one to a `.maximum` or `.minimum`, writes a
    /// `.multiValue` in place of all values there, or hangs the entity on another (`.attachment`;
    /// `EntityID.none` takes it off).
    case set(EntityID, FieldID, Scalar)
    /// Adds to a field of policy `.counter` or `.bounded`; a negative amount takes away.
    case add(EntityID, FieldID, Int64)
    /// Puts an element into a field of policy `.set`.
    case insert(EntityID, FieldID, Scalar)
    case remove(EntityID, FieldID, Scalar)
    /// Gives a key of a field of policy `.map` a value.
    case put(EntityID, FieldID, key: String, Scalar)
    case removeKey(EntityID, FieldID, key: String)
    /// Moves a thing to where the motion says, at rest.
    case place(EntityID, Motion)
    /// Says something to those around; at most `WorldLimits.sayBytes` of UTF-8.
    case say(String)
    /// All of them, in this order, in one step, or none: each is judged as those before it would
    /// leave the world.
    case all([Intent])
    /// Takes a thing into one's hands, where it stays until it is put down or given away.
    case pickUp(EntityID)
    /// Puts a thing that one carries where the motion says, at rest.
    case putDown(EntityID, Motion)
    /// Gives a thing that one carries into the hands of another body.
    case give(EntityID, to: EntityID)
    /// Offers another body to exchange what both carry, or takes up the same offer of that other:
    /// the exchange happens when both have asked for it.
    case trade(with: EntityID, mine: [EntityID], theirs: [EntityID])
    /// Lets another account edit and place a thing of one's own, and takes that back.
    case share(EntityID, UInt64)
    case unshare(EntityID, UInt64)
    /// Makes another account the owner of a thing of one's own.
    case handOver(EntityID, UInt64)
}

extension Intent {
    /// The most intents in one whole.
    public static let maximumParts = 16
    /// The most things that a trade exchanges.
    public static let maximumTraded = 2 * WorldLimits.carriedThings

    /// The intents that it consists of: itself, but for a whole.
    public var parts: [Intent] {
        if case .all(let parts) = self { parts } else { [self] }
    }

    /// The entity it is about; nil for those that are about none that exists, and for a whole.
    public var subject: EntityID? {
        switch self {
        case .create, .say, .all: nil
        case .delete(let id), .set(let id, _, _), .add(let id, _, _), .insert(let id, _, _),
            .remove(let id, _, _), .put(let id, _, key: _, _), .removeKey(let id, _, key: _),
            .place(let id, _), .pickUp(let id), .putDown(let id, _), .give(let id, to: _),
            .trade(with: let id, mine: _, theirs: _), .share(let id, _), .unshare(let id, _),
            .handOver(let id, _):
            id
        }
    }

    /// The other entities that decide whether it is let in.
    public var others: [EntityID] {
        switch self {
        case .give(_, let receiver): [receiver]
        case .trade(_, let mine, let theirs): mine + theirs
        case .set(_, _, .entity(let id)): [id]
        default: []
        }
    }

    /// False for what leaves nothing behind: speech is heard or not, and never repeated.
    public var isLasting: Bool {
        if case .say = self { false } else { true }
    }

    /// The field it would change; nil for those that change none that they name.
    public var field: FieldID? {
        switch self {
        case .set(_, let field, _), .add(_, let field, _), .insert(_, let field, _),
            .remove(_, let field, _), .put(_, let field, key: _, _),
            .removeKey(_, let field, key: _):
            field
        default: nil
        }
    }
}
