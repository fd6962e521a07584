// From the schema that a store keeps to the world that may go on. The order matters: judge, keep the
// new schema durably, and only then count the boot and write, so that every record on the disk was
// written under the schema beside it or under one whose numbers mean the same there.

import CairnBasics
public import CairnCRDT
public import CairnWorld

/// What a store knows of the schema that its data was written under.
public enum StoredSchema: Hashable, Sendable {
    /// Nothing was written yet.
    case none
    /// Format 1 kept the digest alone: `WorldDescription.schemaHash`.
    case digest(UInt64)
    /// `WorldSchema.encoded()`.
    case whole([UInt8])
}

extension StoredSchema {
    /// How the stored world goes on under a world file.
    ///
    /// - Parameter world: what is stored.
    /// - Parameter file: where, for errors.
    /// - Throws: `damaged` when the schema cannot be read, `unknownSchema` when it is not known.
    public func change(
        to description: WorldDescription, storing world: Lattice, file: String
    ) throws(StoreError) -> SchemaChange {
        switch self {
        case .none:
            return SchemaChange(to: description)
        case .digest(let digest):
            guard digest == description.schemaHash else {
                throw .unknownSchema(path: file, world: description.name)
            }
            return SchemaChange(to: description)
        case .whole(let bytes):
            let schema = try Self.schema(bytes, file: file)
            return SchemaChange(
                from: schema, to: description, use: SchemaUse(of: world, under: schema))
        }
    }

    private static func schema(
        _ bytes: [UInt8], file: String
    ) throws(StoreError) -> WorldSchema {
        do throws(CodecError) {
            return try WorldSchema(encoded: bytes)
        } catch {
            throw .damaged(place: "the schema in \(file)", reason: "it cannot be read (\(error))")
        }
    }
}

extension SchemaChange {
    /// Passes when nothing is in the way.
    /// - Parameter adopting: whether the operator adopts what can be adopted.
    /// - Throws: `otherSchema` with all that is.
    public func requireNoObstacles(adopting: Bool, file: String) throws(StoreError) {
        let obstacles = obstacles(adopting: adopting)
        guard obstacles.isEmpty else {
            throw .otherSchema(path: file, world: description.name, differences: obstacles)
        }
    }
}
