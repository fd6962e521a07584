// World files without a server: whether one is in order, and what would become of a world's data if
// it went on under another.

import ArgumentParser
import CairnSQLite
import CairnStore
import CairnWorld
import CairnWorldFile
import Foundation

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Check a world file, and compare it with another or with a world's data.",
        discussion: """
              cairn schema check my.yaml
              cairn schema diff old.yaml my.yaml
              cairn schema diff --data my-data my.yaml
            """,
        subcommands: [Check.self, Diff.self])
}

extension SchemaCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a world file and print what is in it, or where it is wrong.")

        @Argument(help: "The world's YAML file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String

        func run() throws {
            print(try readWorldFile(file).summary)
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what going on under another world file would mean.",
            discussion: """
                Prints a line for each difference: whether it `migrates` by itself, `needs adoption` \
                (`cairn serve --adopt-schema`), or is `refused`. Succeeds when all of them migrate.

                Two files are compared as if there were values in every field of every kind of thing. \
                With --data, what really is stored decides, as it does when a server starts; it looks \
                only, and no server may have the directory open.
                """)

        @Option(help: "The directory that keeps a world's state.", completion: .directory)
        var data: String?

        @Argument(
            help: "The old world file, unless --data is given, and the new one.",
            completion: .file(extensions: ["yaml", "yml"]))
        var files: [String]

        func validate() throws {
            let wanted = data == nil ? 2 : 1
            guard files.count == wanted else {
                throw ValidationError(
                    data == nil
                        ? "Name two world files, the old and the new, or --data and the new one."
                        : "Name one world file to compare the data with.")
            }
        }

        func run() throws {
            let new = try readWorldFile(files[files.count - 1])
            let change =
                try data.map { try self.change(ofDataIn: $0, to: new) } ?? self.change(to: new)
            for difference in change.differences { print(difference.line) }
            if change.differences.isEmpty { print("no difference") }
            guard change.obstacles(adopting: false).isEmpty else { throw ExitCode(1) }
        }

        private func change(to new: WorldDescription) throws -> SchemaChange {
            let old = WorldSchema(of: try readWorldFile(files[0]))
            return SchemaChange(from: old, to: new, use: SchemaUse(everythingUnder: old))
        }

        private func change(
            ofDataIn directory: String, to new: WorldDescription
        ) throws -> SchemaChange {
            let store = try SQLiteStore(directory: directory, world: new.name, startsNew: false)
            let recovered = try Recovery.replay(try store.load())
            let change = try store.schema.change(
                to: new, storing: recovered.lattice, file: store.path)
            try store.close()
            return change
        }
    }
}

extension SchemaDifference {
    /// What it means, then what it is.
    fileprivate var line: String {
        let verdict =
            switch effect {
            case .migrates: "migrates"
            case .needsAdoption: "needs adoption"
            case .refused: "refused"
            }
        return verdict.padded(to: 16) + description
    }
}

/// Reads a world file; the error says where it is wrong.
func readWorldFile(_ path: String) throws -> WorldDescription {
    guard let yaml = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw CommandFailure(
            "cannot read the world file \(path); name one that exists, such as worlds/plaza.yaml")
    }
    return try readWorld(yaml: yaml, fileName: path)
}

extension String {
    /// The text with spaces after it, and at least one.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
