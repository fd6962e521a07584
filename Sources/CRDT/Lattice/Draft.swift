// Edits that happen together or not at all. They are written one after the other on a small copy of
// the entities that they touch, each upon what those before it left; then the whole is one delta, or
// nothing of it ever was.
//
// Holds true: what an abandoned draft made (ids, dots, stamps) has been told to nobody, so the author
// goes back to where it was and makes them again for something else. Passing them over instead would
// leave a hole in a context for every refused wish, and memory would follow what was refused.
//
// Costs: the copy shares its arrays with the whole until a field is edited; O(entities touched).

public import CairnBasics

/// A whole being written.
public struct Draft: Sendable {
    /// The entities that the draft was opened for, ascending, each once.
    public let entities: [EntityID]
    /// Those entities, as the edits so far leave them.
    public private(set) var lattice: Lattice
    /// All edits so far.
    public private(set) var delta = Lattice()
    /// The author as it was before.
    fileprivate let author: Author

    fileprivate init(entities: [EntityID], lattice: Lattice, author: Author) {
        self.entities = entities
        self.lattice = lattice
        self.author = author
    }

    /// Takes up the author's next edit, which was written in `lattice`.
    public mutating func add(_ edit: Lattice) {
        lattice.join(edit)
        delta.join(edit)
    }
}

extension Author {
    /// Opens a draft: until it is joined into the whole or abandoned, this author writes in
    /// `draft.lattice` and nowhere else.
    ///
    /// - Parameter ids: what will be edited or asked about.
    /// - Complexity: O(size of the entities)
    public func draft(touching ids: [EntityID], in whole: Lattice) -> Draft {
        let entities = Set(ids).sorted()
        var part = whole.extract(entities)
        // The author insists on finding its last edit in what it writes upon.
        if let lastEdit, part[lastEdit.id] == nil {
            part.join(whole.restricted(to: lastEdit.id))
        }
        return Draft(entities: entities, lattice: part, author: self)
    }

    /// Gives up a draft: this author is again as it was when it opened it.
    public mutating func abandon(_ draft: Draft) { self = draft.author }
}
