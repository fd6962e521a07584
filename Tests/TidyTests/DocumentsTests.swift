import Foundation
import Testing

/// What the documents of `protocol/` name must be there.
@Suite struct DocumentsTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every promise of the security model is held by tests that exist.
    @Test func theTestsThatTheSecurityModelNamesExist() throws {
        let promises = try Self.promises()
        #expect(promises.count >= 20)
        let functions = try Self.testFunctions()
        for (number, names) in promises {
            #expect(!names.isEmpty, "promise \(number) is held by nothing")
            for name in names {
                let isThere =
                    name.hasPrefix("scripts/")
                    ? FileManager.default.isExecutableFile(
                        atPath: Self.root.appending(path: name).path)
                    : functions.contains(name)
                #expect(isThere, "promise \(number): no \(name)")
            }
        }
    }

    /// The rows of the table of promises: number, and the names in the last column.
    private static func promises() throws -> [(String, [String])] {
        let file = root.appending(path: "protocol/SECURITY-MODEL.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap {
            let cells = $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, Int(cells[0]) != nil else { return nil }
            let names = cells[4].matches(of: /`([^`]+)`/).map { String($0.output.1) }
            return (cells[0], names)
        }
    }

    private static func testFunctions() throws -> Set<String> {
        let tests = root.appending(path: "Tests")
        var names: Set<String> = []
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        for case let file as URL in files! where file.pathExtension == "swift" {
            if file.path.contains("/.build") { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /func ([A-Za-z0-9]+)\(/) {
                names.insert(String(match.output.1))
            }
        }
        return names
    }
}
