public import CairnBasics
public import CairnCRDT
public import CairnGeometry

/// A thing that stands in the world from the start.
public struct ObjectDescription: Hashable, Sendable {
    /// The value of its built-in `name` field; nil leaves the field unwritten.
    public var name: String?
    /// Its kind, whose role is `.object`.
    public var kind: KindID
    public var position: Position
    public var orientation: Orientation
    /// The first values of its fields, ascending by field; a set or a map takes several.
    public var values: [FieldValue]

    public init(
        name: String? = nil, kind: KindID, position: Position,
        orientation: Orientation = .identity, values: [FieldValue] = []
    ) {
        self.name = name
        self.kind = kind
        self.position = position
        self.orientation = orientation
        self.values = values
    }
}

/// One value that a field starts with: a single value, where a counter starts, an element of a set,
/// what a map holds under `key`, or, for an attachment, the name of the object to hang on.
public struct FieldValue: Hashable, Sendable {
    public var field: FieldID
    /// Only for maps.
    public var key: String?
    public var value: Scalar

    public init(field: FieldID, key: String? = nil, value: Scalar) {
        self.field = field
        self.key = key
        self.value = value
    }
}
