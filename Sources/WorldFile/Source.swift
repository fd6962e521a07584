import Yams

/// One file being read: turns its text into nodes, and places in it into errors.
struct Source {
    let fileName: String

    /// A description that fits its message takes far less; a parser's memory is a multiple.
    static let maximumBytes = 1024 * 1024

    /// The root of the text's only document.
    func parse(_ yaml: String) throws(WorldFileError) -> Node {
        guard yaml.utf8.count <= Self.maximumBytes else {
            throw error(
                at: nil,
                "the file has \(yaml.utf8.count / 1024) KiB, and a world file at most "
                    + "\(Self.maximumBytes / 1024); leave things out")
        }
        try refuseAnchors(in: yaml)
        let root: Node?
        do {
            root = try Parser(yaml: yaml, encoding: .utf8).singleRoot()
        } catch let failure as YamlError {
            throw error(for: failure, in: yaml)
        } catch {
            throw self.error(at: nil, "the file cannot be read: \(error)")
        }
        guard let root else {
            throw error(at: nil, "the file is empty; start with 'name: ' and the world's name")
        }
        return root
    }

    func error(at mark: Mark?, _ problem: String) -> WorldFileError {
        error(line: mark?.line ?? 1, column: mark?.column ?? 1, problem)
    }

    private func error(line: Int, column: Int, _ problem: String) -> WorldFileError {
        WorldFileError(fileName: fileName, line: line, column: column, problem: problem)
    }

    func error(at node: Node, _ problem: String) -> WorldFileError {
        error(at: node.mark, problem)
    }

    /// Finds every `&` that could begin a YAML anchor, whatever surrounds it: before a letter and
    /// not inside a word. A rare false alarm in prose is the price for not having to know YAML's
    /// quoting here; without anchors there are no aliases, and so no alias bombs.
    private func refuseAnchors(in yaml: String) throws(WorldFileError) {
        var line = 1
        var column = 0
        var previous: Unicode.Scalar = "\n"
        var isAfterAmpersand = false
        for scalar in yaml.unicodeScalars {
            if isAfterAmpersand && Self.isWord(scalar) {
                throw error(
                    line: line, column: column,
                    "'&' before a word makes a YAML anchor, which world files do not have; write "
                        + "the value out, or in a text put a space after the '&'")
            }
            isAfterAmpersand = scalar == "&" && !Self.isWord(previous)
            previous = scalar
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 0) }
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    private func error(for failure: YamlError, in yaml: String) -> WorldFileError {
        switch failure {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let before = context.map { " \($0.text) (line \($0.mark.line))" } ?? ""
            return error(
                at: mark,
                "this is no YAML\(before): \(problem); check indentation, colons and quotes")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            return error(
                at: context.mark, "'\(key)' stands here and again below; keep one of the two")
        case .reader(let problem, let offset, _, _):
            let lines = yaml.prefix(offset ?? 0).split(
                separator: "\n", omittingEmptySubsequences: false)
            return error(
                line: max(1, lines.count), column: (lines.last?.count ?? 0) + 1,
                "this is no text: \(problem); remove the character")
        default:
            return error(at: nil, "the file cannot be read: \(failure)")
        }
    }
}
