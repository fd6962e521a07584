// What the bytes of a journal mean: the kinds and fields of a world with their numbers. A world file
// names kinds and fields; numbers are what is stored and sent. The store keeps the schema beside the
// data, so that names keep their numbers however the file is edited.
//
// Holds true: a number is given once and never again. What is gone from the file stays here, retired,
// with its number and its rules, so nothing stored is ever read as something else.

public import CairnBasics

/// The kinds and fields under which a world's data was written.
public struct WorldSchema: Hashable, Sendable {
    /// What the world's bounds were when it was last opened.
    public var bounds: Bounds
    /// Ascending by id, those that are gone among them.
    public internal(set) var kinds: [Kind]
    /// Ascending by id, those that are gone among them; the built-in ones are not listed.
    public internal(set) var fields: [Field]

    /// A kind's meaning is its name and its role.
    public struct Kind: Hashable, Sendable {
        public var id: KindID
        public var name: String
        public var role: KindRole
        /// True when the world file no longer has it.
        public var isRetired: Bool
    }

    /// A field's meaning is its kind, its name, its type and its policy; and a bounded counter's
    /// least, since its state says how far it is above that.
    public struct Field: Hashable, Sendable {
        public var rules: FieldDescription
        /// True when the world file no longer has it.
        public var isRetired: Bool
    }

    /// The schema of a world in which nothing is stored yet.
    public init(of description: WorldDescription) {
        bounds = description.bounds
        kinds = description.kinds.map {
            Kind(id: $0.id, name: $0.name, role: $0.role, isRetired: false)
        }
        fields = description.fields.map { Field(rules: $0, isRetired: false) }
    }

    init(bounds: Bounds, kinds: [Kind], fields: [Field]) {
        self.bounds = bounds
        self.kinds = kinds
        self.fields = fields
    }
}

extension WorldSchema {
    /// A kind by its number, also a retired one.
    /// - Complexity: O(kinds).
    public func kind(_ id: KindID) -> Kind? { kinds.first { $0.id == id } }

    /// The kind that the file calls so.
    func kind(named name: String) -> Kind? { kinds.first { $0.name == name && !$0.isRetired } }

    /// The field that the file calls so.
    func field(named name: String, of kind: KindID) -> FieldDescription? {
        fields.first { $0.rules.kind == kind && $0.rules.name == name && !$0.isRetired }?.rules
    }

    /// A number that no kind ever had; nil when there is none left.
    var freshKindID: KindID? {
        guard let last = kinds.last else { return KindID(1) }
        return last.id.raw == .max ? nil : KindID(last.id.raw &+ 1)  // Safe: not the largest.
    }

    /// A number that no field ever had; nil when there is none left.
    var freshFieldID: FieldID? {
        guard let last = fields.last else { return .firstAuthored }
        let id = last.rules.id
        return id < .lastAuthored ? FieldID(id.raw &+ 1) : nil  // Safe: not the largest.
    }
}
