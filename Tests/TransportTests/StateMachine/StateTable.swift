import Foundation

/// A table of `protocol/STATE-MACHINE.md`: what an end does with every event in every state.
///
/// The document is what the test reads, so that the two cannot part.
struct StateTable {
    let states: [String]
    /// The rows in their order: the event, and a cell for each state.
    let rows: [(event: String, cells: [String])]

    /// - Parameter heading: the title of the section whose last table it is.
    init(under heading: String) throws {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "protocol/STATE-MACHINE.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != "## \(heading)" }.dropFirst().prefix {
            !$0.hasPrefix("## ")
        }
        let table = section.drop { !$0.hasPrefix("| event |") }.prefix { $0.hasPrefix("|") }
        let cells = table.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        states = Array(cells.first?.dropFirst() ?? [])
        rows = cells.dropFirst(2).map { ($0[0], Array($0.dropFirst())) }
    }
}

/// What an end was seen to do with one event, in the document's words.
struct Reaction: CustomStringConvertible {
    let before: String
    var after: String
    /// What it sent: datagrams by name, sealed packets by the names of their frames.
    var sent: [String] = []
    /// What it told its caller.
    var told: [String] = []

    var description: String {
        if before == after && sent.isEmpty && told.isEmpty { return "—" }
        var words = after
        if !sent.isEmpty { words += "; sends \(sent.joined(separator: ", "))" }
        if !told.isEmpty { words += "; tells \(told.joined(separator: ", "))" }
        return words
    }
}
