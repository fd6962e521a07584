// Finding kinds, fields and places of a description by id and by name.

public import CairnBasics

extension WorldDescription {
    /// - Complexity: O(log kinds).
    public func kind(_ id: KindID) -> KindDescription? {
        element(of: kinds) { $0.id < id }.flatMap { $0.id == id ? $0 : nil }
    }

    /// - Complexity: O(kinds).
    public func kind(named name: String) -> KindDescription? {
        kinds.first { $0.name == name }
    }

    /// The first kind with a role; a valid world has one for `.avatar` and one for `.npc`.
    /// - Complexity: O(kinds).
    public func firstKind(of role: KindRole) -> KindDescription? {
        kinds.first { $0.role == role }
    }

    /// A field of a kind, built-in ones included; nil where that kind has no such field.
    /// - Complexity: O(log fields).
    public func field(_ id: FieldID, of kind: KindID) -> FieldDescription? {
        if !id.isAuthored { return .builtIn(id, of: kind) }
        return element(of: fields) { $0.id < id }
            .flatMap { $0.id == id && $0.kind == kind ? $0 : nil }
    }

    /// - Complexity: O(fields).
    public func field(named name: String, inKind kind: KindID) -> FieldDescription? {
        if let id = FieldID.builtIn.first(where: { $0.builtInName == name }) {
            return .builtIn(id, of: kind)
        }
        return fields.first { $0.kind == kind && $0.name == name }
    }

    /// - Complexity: O(zones).
    public func zone(named name: String) -> ZoneDescription? {
        zones.first { $0.name == name }
    }

    /// - Complexity: O(anchors).
    public func anchor(named name: String) -> AnchorDescription? {
        anchors.first { $0.name == name }
    }

    /// The first element of a sorted array for which `precedes` no longer holds.
    private func element<Element>(
        of array: [Element], precedes: (Element) -> Bool
    ) -> Element? {
        var low = 0
        var high = array.count
        while low < high {
            let middle = low + (high - low) / 2
            if precedes(array[middle]) { low = middle + 1 } else { high = middle }
        }
        return low < array.count ? array[low] : nil
    }
}
