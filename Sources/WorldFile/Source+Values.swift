// Single values, each with the complaint that helps whoever wrote something else.

import CairnGeometry
import CairnWorld
import Yams

extension Source {
    /// The text of a scalar; `what` names it in errors.
    func text(_ node: Node, _ what: String) throws(WorldFileError) -> String {
        guard case .scalar(let scalar) = node else {
            throw error(at: node, "\(what) is a list or a table; give a single value")
        }
        if scalar.string.isEmpty && scalar.style == .plain {
            throw error(at: node, "\(what) is empty; give a value")
        }
        return scalar.string
    }

    func flag(_ node: Node, _ what: String) throws(WorldFileError) -> Bool {
        let text = try text(node, what)
        guard text == "true" || text == "false" else {
            throw error(at: node, "\(what) is '\(text)'; give true or false")
        }
        return text == "true"
    }

    func integer(_ node: Node, _ what: String) throws(WorldFileError) -> Int64 {
        let text = try text(node, what)
        guard let number = Int64(text) else {
            throw error(at: node, "\(what) is '\(text)'; give a whole number")
        }
        return number
    }

    func count(_ node: Node, _ what: String) throws(WorldFileError) -> Int {
        Int(clamping: try integer(node, what))
    }

    func number(_ node: Node, _ what: String) throws(WorldFileError) -> Double {
        let text = try text(node, what)
        guard let number = Double(text), number.isFinite else {
            throw error(at: node, "\(what) is '\(text)'; give a number")
        }
        return number == 0 ? 0 : number
    }

    /// One of an enumeration's cases, by its name.
    func choice<Choice: CaseIterable>(
        _ node: Node, _ what: String, of _: Choice.Type = Choice.self
    ) throws(WorldFileError) -> Choice {
        let text = try text(node, what)
        let choices = Choice.allCases.map { (name: String(describing: $0), value: $0) }
        if let match = choices.first(where: { $0.name == text }) { return match.value }
        throw error(
            at: node,
            "\(what) is '\(text)'; \(advice(for: text, among: choices.map(\.name)))")
    }

    /// The elements of a list of at most `limit`.
    func list(
        _ node: Node, _ what: String, atMost limit: Int
    ) throws(WorldFileError) -> [Node] {
        guard case .sequence(let sequence) = node else {
            throw error(at: node, "\(what) is no list; write '- ' before each element")
        }
        guard sequence.count <= limit else {
            throw error(
                at: node, "\(what) has \(sequence.count) elements; give at most \(limit)")
        }
        return Array(sequence)
    }

    /// A place as [x, y, z] in metres.
    func position(_ node: Node, _ what: String) throws(WorldFileError) -> Position {
        let metres = try numbers(node, what, count: 3, form: "[x, y, z] in metres")
        guard let position = Position(metresX: metres[0], metres[1], metres[2]) else {
            throw error(at: node, "\(what) is out of range; give metres up to 2,000,000")
        }
        return position
    }

    /// A place on the ground as [x, y] in metres.
    func planarPoint(_ node: Node, _ what: String) throws(WorldFileError) -> PlanarPoint {
        let metres = try numbers(node, what, count: 2, form: "[x, y] in metres")
        guard let position = Position(metresX: metres[0], metres[1], 0) else {
            throw error(at: node, "\(what) is out of range; give metres up to 2,000,000")
        }
        return PlanarPoint(position)
    }

    /// A heading in degrees, counter-clockwise from East.
    func heading(_ node: Node, _ what: String) throws(WorldFileError) -> Orientation {
        Orientation(yaw: try number(node, what) * .pi / 180)
    }

    func range(_ node: Node, _ what: String) throws(WorldFileError) -> ClosedRange<Int64> {
        let ends = try list(node, what, atMost: 2)
        guard ends.count == 2 else {
            throw error(at: node, "\(what) has \(ends.count) ends; give [lowest, highest]")
        }
        let lowest = try integer(ends[0], "the lowest of \(what)")
        let highest = try integer(ends[1], "the highest of \(what)")
        guard lowest <= highest else {
            throw error(at: node, "\(what) ends before it begins; give [lowest, highest]")
        }
        return lowest...highest
    }

    private func numbers(
        _ node: Node, _ what: String, count: Int, form: String
    ) throws(WorldFileError) -> [Double] {
        guard case .sequence(let sequence) = node, sequence.count == count else {
            throw error(at: node, "\(what) is no place; give \(form)")
        }
        var numbers: [Double] = []
        for element in sequence { numbers.append(try number(element, "a coordinate of \(what)")) }
        return numbers
    }
}
