// The text of a revocation list, which operators may write and read by hand: an entry a line.
//
//     # Ada's phone was stolen.
//     token 00c4f2a1b3d4e5f6 until 2026-11-25T12:00:00Z
//     identity 42
//
// Blank lines and what follows a # do not count. An entry without a time holds for good. The reader
// is total: whatever the bytes are, it gives a list or says which line is wrong and why.

import CairnBasics

/// What is wrong with a revocation list's text, and in which line.
public struct RevocationTextError: Error, Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let what: String

    public var description: String { "line \(line): \(what)" }
}

extension RevocationList {
    /// The longest text that is read: four times what `maximumEntries` of the longest entries need,
    /// so that there is room for comments and for what has had its time.
    public static let maximumTextBytes = 16 << 20

    /// Reads a list; entries whose time is over at `wallMilliseconds` are left out.
    /// - Complexity: O(bytes)
    public init(
        text: RawSpan, wallMilliseconds: UInt64
    ) throws(RevocationTextError) {
        self.init()
        var number = 0
        var start = 0
        while start < text.byteCount {
            number += 1
            let end = text.endOfLine(from: start)
            let words = text.extracting(start..<end).words()
            start = end + 1
            guard let words else {
                throw RevocationTextError(line: number, what: "this is not text (UTF-8)")
            }
            guard !words.isEmpty else { continue }
            let entry: Entry
            do throws(EntryError) {
                entry = try Entry(words)
            } catch {
                throw RevocationTextError(line: number, what: error.what)
            }
            guard entry.untilMilliseconds > wallMilliseconds else { continue }
            guard revoke(entry.subject, untilMilliseconds: entry.untilMilliseconds) else {
                throw RevocationTextError(
                    line: number,
                    what: "more than \(Self.maximumEntries) entries are in force; take the token "
                        + "key out of use instead of revoking so many tokens")
            }
        }
    }

    /// The line that stands for an entry, without its end.
    public static func line(_ subject: Subject, untilMilliseconds until: UInt64) -> String {
        let name: String
        switch subject {
        case .token(let id): name = "token \(hexadecimal(id))"
        case .identity(let identity): name = "identity \(identity)"
        }
        return until == forGood ? name : "\(name) until \(CalendarTime.text(until))"
    }

    private struct EntryError: Error {
        let what: String
    }

    private struct Entry {
        let subject: Subject
        let untilMilliseconds: UInt64

        init(_ words: [Substring]) throws(EntryError) {
            guard words.count == 2 || words.count == 4 && words[2] == "until" else {
                throw EntryError(
                    what: "an entry is `token ID`, or `identity NUMBER`, and may end with "
                        + "`until 2026-11-25T12:00:00Z`")
            }
            subject = try Self.subject(words[0], words[1])
            guard words.count == 4 else {
                untilMilliseconds = forGood
                return
            }
            guard let until = CalendarTime.milliseconds(words[3]) else {
                throw EntryError(
                    what: "'\(words[3].prefix(40))' is no time; write it like "
                        + "2026-11-25T12:00:00Z")
            }
            untilMilliseconds = until
        }

        private static func subject(
            _ kind: Substring, _ name: Substring
        ) throws(EntryError) -> Subject {
            switch kind {
            case "token":
                guard name.utf8.count == 16, name.utf8.allSatisfy(\.isHexadecimalDigit),
                    let id = UInt64(name, radix: 16)
                else {
                    throw EntryError(
                        what: "'\(name.prefix(40))' is no token id; `cairn token inspect` shows "
                            + "one, 16 hexadecimal digits")
                }
                return .token(id)
            case "identity":
                guard name.utf8.allSatisfy(\.isDecimalDigit), let identity = UInt64(name) else {
                    throw EntryError(
                        what: "'\(name.prefix(40))' is no identity; write the number that "
                            + "`cairn token issue --identity` was given")
                }
                return .identity(identity)
            default:
                throw EntryError(
                    what: "'\(kind.prefix(40))' cannot be revoked; write token or identity")
            }
        }
    }
}

extension RawSpan {
    /// Where the line that begins at `start` ends.
    fileprivate func endOfLine(from start: Int) -> Int {
        var end = start
        while end < byteCount, byte(at: end) != UInt8(ascii: "\n") { end += 1 }
        return end
    }

    private func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The words of a line before any #; nil when it is not UTF-8.
    fileprivate func words() -> [Substring]? {
        let line = unsafe withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let line else { return nil }
        return line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    }
}

extension UInt8 {
    fileprivate var isDecimalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isHexadecimalDigit: Bool {
        isDecimalDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
