// The files that say whose tokens a server honours: one key or several, and a list of what was taken
// back. They are read when the server starts and again on SIGHUP; each error says which file, which
// line, and what to do.

import CairnBasics
import CairnClientRuntime
import CairnRuntime
import CairnWire
import Foundation

/// Where a server's keys and revocations are kept.
struct TokenFiles {
    /// Keys that are honoured at one time: an old and a new one while they are rotated, with room for
    /// several issuers that have one each. Every hello may be compared with all of them.
    static let maximumKeys = 8

    var keys: [String] = []
    var revoked: String?

    /// True when there is nothing to be read.
    var isEmpty: Bool { keys.isEmpty && revoked == nil }

    /// What the files say.
    struct Contents {
        var keys: [TokenKey]
        var revoked: RevocationList
    }

    /// Reads every file.
    func read() throws -> Contents {
        var read: [TokenKey] = []
        for path in keys {
            let key = try readTokenKey(path)
            if let twin = read.firstIndex(where: { $0.identifier == key.identifier }) {
                throw CommandFailure(
                    "\(path) and \(keys[twin]) hold the same key (\(key)); name each key once")
            }
            read.append(key)
        }
        return Contents(keys: read, revoked: try revoked.map(readRevocations) ?? RevocationList())
    }
}

/// Reads a key file; the error says what is wrong with it.
func readTokenKey(_ path: String) throws -> TokenKey {
    guard var bytes = try? FileBytes.read(path, atMost: 4_096) else {
        throw CommandFailure(
            "cannot read the token key in \(path); make one with `cairn token key`")
    }
    // The text is the key: no copy of it stays behind in memory.
    defer { wipe(&bytes) }
    guard let key = TokenKey(secretText: bytes.rawBytes) else {
        throw CommandFailure("\(path) holds no token key; make one with `cairn token key`")
    }
    return key
}

/// Reads a revocation list as it is now.
func readRevocations(_ path: String) throws -> RevocationList {
    let bytes: [UInt8]
    do throws(FileBytes.Failure) {
        bytes = try FileBytes.read(path, atMost: RevocationList.maximumTextBytes)
    } catch {
        throw CommandFailure(
            "cannot read the revocation list: \(error); make an empty one with `touch \(path)`")
    }
    do throws(RevocationTextError) {
        return try RevocationList(text: bytes.rawBytes, wallMilliseconds: wallClockMilliseconds())
    } catch {
        throw CommandFailure("\(path), \(error)")
    }
}
