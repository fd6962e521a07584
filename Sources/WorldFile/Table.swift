import Yams

/// A mapping whose keys are known: any other key is refused, with the one that was meant.
struct Table {
    private let source: Source
    private let mapping: Node.Mapping
    private let node: Node
    /// How errors name the table: "kind 'bench'".
    let what: String

    init(
        _ node: Node, _ what: String, keys: [String], in source: Source
    ) throws(WorldFileError) {
        guard case .mapping(let mapping) = node else {
            throw source.error(
                at: node,
                "\(what) is no table; give 'key: value' lines: \(keys.joined(separator: ", "))")
        }
        self.source = source
        self.mapping = mapping
        self.node = node
        self.what = what
        for (key, _) in mapping {
            let name = try source.text(key, "a key of \(what)")
            guard keys.contains(name) else {
                throw source.error(
                    at: key, "unknown key '\(name)' in \(what); \(advice(for: name, among: keys))")
            }
        }
    }

    /// The value of a key; nil when the file does not have it.
    subscript(key: String) -> Node? {
        mapping.first { $0.key.scalar?.string == key }?.value
    }

    /// The value of a key that must be there.
    func require(_ key: String) throws(WorldFileError) -> Node {
        guard let value = self[key] else {
            throw source.error(at: node, "\(what) has no '\(key)'; add one")
        }
        return value
    }
}

extension Source {
    /// The entries of a mapping whose keys are names that the author chooses, in the file's order.
    func entries(
        _ node: Node, _ what: String, atMost limit: Int
    ) throws(WorldFileError) -> [(name: String, key: Node, value: Node)] {
        guard case .mapping(let mapping) = node else {
            throw error(at: node, "\(what) is no table; give a name and a colon for each")
        }
        guard mapping.count <= limit else {
            throw error(at: node, "\(what) has \(mapping.count) entries; give at most \(limit)")
        }
        var entries: [(name: String, key: Node, value: Node)] = []
        for (key, value) in mapping {
            entries.append((try text(key, "a name in \(what)"), key, value))
        }
        return entries
    }
}
