public import CairnBasics

/// Something that happened to the entities that a receiver sees.
///
/// Every entity is entered before it changes or is left, and entered and left in turn. Motion makes
/// no events; read it off the entities.
public enum ReplicaEvent: Hashable, Sendable {
    case entered(EntityID)
    case left(EntityID, LeaveReason)
    /// Properties of the entity changed.
    case changed(EntityID)
}

/// Why an entity is not seen any more.
public enum LeaveReason: Hashable, Sendable {
    /// Its surroundings are not followed any more, or it went somewhere unknown.
    case outOfInterest
    case deleted
    /// It went to a place that is not followed.
    case moved
}
