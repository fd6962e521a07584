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
}

extension Intent {
    /// The entity it is about; nil for those that are about none that exists.
    public var subject: EntityID? {
        switch self {
        case .create, .say: nil
        case .delete(let id), .set(let id, _, _), .add(let id, _, _), .insert(let id, _, _),
            .remove(let id, _, _), .put(let id, _, key: _, _), .removeKey(let id, _, key: _),
            .place(let id, _):
            id
        }
    }

    /// False for what leaves nothing behind: speech is heard or not, and never repeated.
    public var isLasting: Bool {
        if case .say = self { false } else { true }
    }

    /// The field it would change; nil for those that change none.
    public var field: FieldID? {
        switch self {
        case .create, .say, .delete, .place: nil
        case .set(_, let field, _), .add(_, let field, _), .insert(_, let field, _),
            .remove(_, let field, _), .put(_, let field, key: _, _),
            .removeKey(_, let field, key: _):
            field
        }
    }
}
