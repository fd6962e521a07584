public import CairnWorld

/// Why a world cannot be loaded or kept: what is wrong, where, and what to do about it.
///
/// None of these is worth a retry by the program. A server that meets one while it runs stops,
/// because after a failed write nobody knows what the disk holds.
public enum StoreError: Error, Hashable, Sendable {
    /// The directory cannot be made, entered or written.
    case unusableDirectory(path: String, reason: String)
    /// Another process has the database open.
    case lockedByAnother(path: String)
    /// The directory keeps a world of another name.
    case otherWorld(path: String, found: String, expected: String)
    /// There is no world in the directory.
    case noWorld(path: String)
    /// What is stored does not go with the world's kinds and fields; the differences say why.
    case otherSchema(path: String, world: String, differences: [SchemaDifference])
    /// The directory keeps a digest of the kinds and fields it was written with, not of these.
    case unknownSchema(path: String, world: String)
    /// The directory was written by a version of Cairn with another format.
    case otherFormat(path: String, found: Int, supported: Int)
    /// The file is no database of Cairn's.
    case foreignFile(path: String)
    /// What is stored is not what was written; `place` names the row and the file.
    case damaged(place: String, reason: String)
    /// The world has been started as often as a replica's number can count.
    case bootsExhausted(path: String)
    /// A write failed before; nothing has been accepted since.
    case stopped(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
    /// One line for an operator; of differences, one line each.
    public var description: String {
        if case .otherSchema(_, _, let differences) = self {
            return ([problem + ":"] + differences.map { "  \($0)" }).joined(separator: "\n")
        }
        return "\(problem); \(remedy)"
    }

    private var problem: String {
        switch self {
        case .unusableDirectory(let path, let reason):
            "cannot keep a world in \(path): \(reason)"
        case .lockedByAnother(let path):
            "cannot open \(path): another process has it open"
        case .otherWorld(let path, let found, let expected):
            "cannot load world '\(expected)' from \(path): it keeps world '\(found)'"
        case .noWorld(let path):
            "there is no world in \(path)"
        case .otherSchema(let path, let world, _):
            "cannot load world '\(world)' from \(path): its world file has changed in ways that "
                + "do not go with what is stored"
        case .unknownSchema(let path, let world):
            "cannot load world '\(world)' from \(path): an older version of Cairn wrote it with "
                + "other kinds, fields, bounds or ticks, and did not keep which"
        case .otherFormat(let path, let found, let supported):
            "cannot read \(path): it has format \(found), this version reads format \(supported)"
        case .foreignFile(let path):
            "cannot use \(path): it is not a database of a Cairn world"
        case .damaged(let place, let reason):
            "\(place) is damaged: \(reason)"
        case .bootsExhausted(let path):
            "cannot start the world in \(path) again: it has been started 16,777,215 times"
        case .stopped(let path, let reason):
            "cannot write \(path): \(reason)"
        }
    }

    private var remedy: String {
        switch self {
        case .unusableDirectory:
            "choose a directory that this user may write"
        case .lockedByAnother:
            "stop the other server, or choose another data directory"
        case .otherWorld, .foreignFile:
            "choose another data directory, or an empty one to start afresh"
        case .noWorld:
            "name a directory that `cairn serve --data` was given"
        case .otherSchema:
            "restore the world file, or start afresh in an empty directory"
        case .unknownSchema:
            "start it once with the world file it was written with, and then with the new one"
        case .otherFormat(_, let found, let supported):
            found > supported
                ? "run the newer version of Cairn that wrote it"
                : "run the older version of Cairn that wrote it, or start afresh in an empty "
                    + "directory"
        case .damaged:
            "restore the data directory from a backup; the disk it is on may be failing"
        case .bootsExhausted:
            "start afresh in an empty directory"
        case .stopped:
            "check the disk for errors and free space, then start the server again: all that was "
                + "acknowledged is kept"
        }
    }
}
