// One difference between the schema that data was written under and a world file, and what it means
// for that data. The rule: what is added or relaxed goes by itself, and so does everything that
// nothing stored would notice. What would hide something, or leave it outside of its limits, waits for
// the operator's word. What would lose something is refused, whatever anybody says.

/// One difference of a world file to a schema.
public struct SchemaDifference: Hashable, Sendable {
    /// The name of the kind; empty for the world as a whole.
    public var kind: String
    /// The name of the field; nil for the kind as a whole.
    public var field: String?
    public var change: Change
    public var effect: Effect

    /// What it means for what is stored.
    public enum Effect: Hashable, Sendable, CaseIterable {
        /// Nothing is hidden and nothing breaks a rule: the change takes place by itself.
        case migrates
        /// Nothing is lost, but something is hidden or breaks a rule until somebody changes it: the
        /// change takes place when the operator says so.
        case needsAdoption
        /// Something would be lost: the change does not take place.
        case refused
    }

    /// What is different. Counts are nil where only the data could tell.
    public enum Change: Hashable, Sendable {
        case kindAdded(KindRole)
        /// A kind that was gone is there again, with its number.
        case kindReturned(KindRole)
        case kindRemoved(things: Int?)
        case roleChanged(from: KindRole, to: KindRole, things: Int?)
        case fieldAdded(FieldForm)
        /// A field that was gone is there again, with its number and its values.
        case fieldReturned(FieldForm, holders: Int?)
        case fieldRemoved(holders: Int?)
        case formChanged(from: FieldForm, to: FieldForm, holders: Int?)
        /// Nil stands for all that 64 bits hold; `stored` for no value at all.
        case rangeChanged(
            from: ClosedRange<Int64>?, to: ClosedRange<Int64>?, stored: ClosedRange<Int64>?)
        case maximumBytesChanged(from: Int, to: Int, stored: Int)
        case maximumElementsChanged(from: Int, to: Int, stored: Int)
        case writersChanged(from: FieldWriters, to: FieldWriters)
        case boundsChanged(from: Bounds, to: Bounds, stored: Bounds?)
        /// A kind would have more fields than a client keeps, hidden ones among them.
        case fieldsCrowded(count: Int)
        /// Every number has been given to somebody.
        case numbersExhausted
    }
}

/// What a field holds, as far as its values' bytes depend on it.
public struct FieldForm: Hashable, Sendable {
    public var type: ScalarType
    public var policy: FieldPolicy
    /// What a bounded counter is counted from; nil for others, whose state does not depend on it.
    public var least: Int64?

    public init(type: ScalarType, policy: FieldPolicy, least: Int64? = nil) {
        self.type = type
        self.policy = policy
        self.least = least
    }

    init(of field: FieldDescription) {
        self.init(
            type: field.type, policy: field.policy,
            least: field.policy == .bounded ? field.range?.lowerBound : nil)
    }
}
