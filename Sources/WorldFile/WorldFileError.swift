/// What is wrong with a world file, where, and what to do about it.
public struct WorldFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public var fileName: String
    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in Unicode scalars.
    public var column: Int
    /// What is wrong; what to do.
    public var problem: String

    public init(fileName: String, line: Int, column: Int, problem: String) {
        self.fileName = fileName
        self.line = line
        self.column = column
        self.problem = problem
    }

    /// In the form that editors make a link of: `plaza.yaml:12:9: unknown kind 'benhc'; …`.
    public var description: String { "\(fileName):\(line):\(column): \(problem)" }
}
