// A scenario file says what a run is to be. Whoever writes one is told what is wrong with it by file,
// line and column, and what to do; nothing is skipped in silence.

import CairnBasics
import CairnGeometry
import CairnTransport
import Foundation
import Yams

/// A run as its file describes it; the command line may change the figures.
struct Scenario {
    var name: String
    /// What one may learn from it, for the report.
    var about: String
    /// The world file's path.
    var world: String
    var clients: Int
    /// Ticks a second; nil for the world file's.
    var hertz: Int?
    var seconds: Int
    /// What the server is told beside the world, the rate and how many come.
    var serverOptions: [String] = []
    var joinsPerSecond = 500
    var decodePercent = 5
    var phoneEvery = 0
    var acts = false
    var movement = Movement.walk
    var links: [CrowdPlan.LinkShare] = []
    var flapping: CrowdPlan.FlappingShare?
    var hostiles: [CrowdPlan.HostileShare] = []

    func plan(for server: NetworkAddress) -> CrowdPlan {
        CrowdPlan(
            server: server, clients: clients, seconds: seconds, joinsPerSecond: joinsPerSecond,
            decodePercent: decodePercent, phoneEvery: phoneEvery, acts: acts, movement: movement,
            links: links, flapping: flapping, hostiles: hostiles)
    }
}

/// What is wrong with a scenario file.
struct ScenarioError: Error, CustomStringConvertible {
    let description: String
}

/// Reads one file.
struct ScenarioReader {
    private static let keys = [
        "name", "about", "world", "clients", "hz", "seconds", "fresh", "clientBytes",
        "joinsPerSecond", "decodeShare",
        "phoneEvery", "edits", "movement", "door", "links", "flapping", "hostiles",
    ]
    private static let links: [String: LinkConditions] = [
        "wifi": .wifi, "lte": .lte, "congested": .congested, "satellite": .satellite,
    ]

    let file: String

    static func read(_ file: String) throws -> Scenario {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ScenarioError(
                description: "\(file): cannot be read; give the path of a scenario such as "
                    + "loadtest/scenarios/plaza-crowd.yaml")
        }
        return try ScenarioReader(file: file).read(text)
    }

    func read(_ text: String) throws -> Scenario {
        let root = try table(parse(text), "the scenario", keys: Self.keys)
        var scenario = Scenario(
            name: try string(root, "name"), about: try string(root, "about"),
            world: folder + (try string(root, "world")),
            clients: try whole(root, "clients", 1...50_000) ?? 0,
            hertz: try whole(root, "hz", 5...128),
            seconds: try whole(root, "seconds", 1...86_400) ?? 0)
        for key in ["clients", "seconds"] where root[key] == nil {
            throw error(nil, "the scenario has no '\(key)'; add '\(key): ' and a number")
        }
        if let count = try whole(root, "fresh", 1...65_536) {
            scenario.serverOptions += ["--fresh", "\(count)"]
        }
        if let bytes = try whole(root, "clientBytes", 400...32_768) {
            scenario.serverOptions += ["--client-bytes", "\(bytes)"]
        }
        if let rate = try whole(root, "joinsPerSecond", 1...4_000) {
            scenario.joinsPerSecond = rate
        }
        if let share = try whole(root, "decodeShare", 0...100) { scenario.decodePercent = share }
        if let every = try whole(root, "phoneEvery", 0...10_000) { scenario.phoneEvery = every }
        if let node = root["edits"] { scenario.acts = try flag(node, "'edits'") }
        scenario.movement = try movement(root)
        scenario.links = try readLinks(root["links"])
        scenario.flapping = try readFlapping(root["flapping"])
        scenario.hostiles = try readHostiles(root["hostiles"])
        return scenario
    }

    private var folder: String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return String(file[...slash])
    }

    private func movement(_ root: [String: Node]) throws -> Movement {
        guard let node = root["movement"] else { return .walk }
        switch node.scalar?.string {
        case "walk": return .walk
        case "stand": return .stand
        case "stampede":
            guard let door = root["door"] else {
                throw error(node, "a stampede has no 'door'; add 'door: [x, y]' in metres")
            }
            let place = door.sequence?.compactMap(\.float) ?? []
            guard place.count == 2, let position = Position(metresX: place[0], place[1], 0) else {
                throw error(door, "'door' is no place; give [x, y] in metres")
            }
            return .stampede(door: position)
        default: throw error(node, "unknown movement; give walk, stand or stampede")
        }
    }

    private func readLinks(_ node: Node?) throws -> [CrowdPlan.LinkShare] {
        guard let node else { return [] }
        let names = Self.links.keys.sorted()
        var shares: [CrowdPlan.LinkShare] = []
        for (name, value) in try table(node, "'links'", keys: names).sorted(by: { $0.key < $1.key })
        {
            guard let conditions = Self.links[name] else { continue }
            let percent = try whole(value, "'\(name)'", 0...100)
            shares.append(.init(name: name, conditions: conditions, percent: percent))
        }
        guard shares.reduce(0, { $0 + $1.percent }) <= 100 else {
            throw error(node, "the shares of 'links' are more than 100 percent; make them less")
        }
        return shares
    }

    private func readFlapping(_ node: Node?) throws -> CrowdPlan.FlappingShare? {
        guard let node else { return nil }
        let keys = ["percent", "everySeconds", "silentSeconds"]
        let values = try table(node, "'flapping'", keys: keys)
        return CrowdPlan.FlappingShare(
            flapping: Flapping(
                everySeconds: try number(values, "everySeconds", of: node, 0.5...3_600),
                silentSeconds: try number(values, "silentSeconds", of: node, 0...50)),
            percent: Int(try number(values, "percent", of: node, 0...100)))
    }

    private func readHostiles(_ node: Node?) throws -> [CrowdPlan.HostileShare] {
        guard let node else { return [] }
        let names = HostileHabit.allCases.map(\.rawValue)
        var shares: [CrowdPlan.HostileShare] = []
        for (name, value) in try table(node, "'hostiles'", keys: names).sorted(by: {
            $0.key < $1.key
        }) {
            guard let habit = HostileHabit(rawValue: name) else { continue }
            let values = try table(value, "'\(name)'", keys: ["count", "perSecond"])
            shares.append(
                .init(
                    habit: habit, count: Int(try number(values, "count", of: value, 0...1_000)),
                    rate: try number(values, "perSecond", of: value, 0...10_000)))
        }
        return shares
    }
}

extension ScenarioReader {
    private func parse(_ text: String) throws -> Node {
        do {
            guard let root = try Parser(yaml: text, encoding: .utf8).singleRoot() else {
                throw error(nil, "the file is empty; start with 'name: ' and the scenario's name")
            }
            return root
        } catch let failure as YamlError {
            switch failure {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                throw ScenarioError(
                    description: "\(file):\(mark.line):\(mark.column): this is no YAML: "
                        + "\(problem); check indentation, colons and quotes")
            default: throw error(nil, "the file cannot be read: \(failure)")
            }
        }
    }

    private func error(_ node: Node?, _ problem: String) -> ScenarioError {
        let mark = node?.mark
        return ScenarioError(
            description: "\(file):\(mark?.line ?? 1):\(mark?.column ?? 1): \(problem)")
    }

    private func table(_ node: Node, _ what: String, keys: [String]) throws -> [String: Node] {
        guard case .mapping(let mapping) = node else {
            throw error(
                node,
                "\(what) is no table; give 'key: value' lines: \(keys.joined(separator: ", "))"
            )
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard keys.contains(name) else {
                throw error(
                    key,
                    "unknown key '\(name)' in \(what); choose from "
                        + keys.joined(separator: ", "))
            }
            values[name] = value
        }
        return values
    }

    private func string(_ root: [String: Node], _ key: String) throws -> String {
        guard let node = root[key] else {
            throw error(nil, "the scenario has no '\(key)'; add a line '\(key): ' and a text")
        }
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw error(node, "'\(key)' is no text; give one")
        }
        return text
    }

    private func flag(_ node: Node, _ what: String) throws -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default: throw error(node, "\(what) takes true or false")
        }
    }

    private func whole(
        _ root: [String: Node], _ key: String, _ range: ClosedRange<Int>
    ) throws -> Int? {
        try root[key].map { try whole($0, "'\(key)'", range) }
    }

    private func whole(_ node: Node, _ what: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let text = node.scalar?.string, let number = Int(text), range.contains(number) else {
            throw error(
                node,
                "\(what) takes a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    private func number(
        _ values: [String: Node], _ key: String, of table: Node, _ range: ClosedRange<Double>
    ) throws -> Double {
        guard let node = values[key] else { throw error(table, "'\(key)' is missing; add it") }
        guard let number = node.float, range.contains(number) else {
            throw error(
                node, "'\(key)' takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
