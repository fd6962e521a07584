// Taking tokens back before they expire: lines for the list that `cairn serve --revoked` reads.

import ArgumentParser
import CairnRuntime
import CairnWire
import Foundation

extension TokenCommand {
    /// Takes tokens back before their time, by a line in a list that servers read.
    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back a token, or everything an account was given.",
            discussion: """
                Adds a line to a list that `cairn serve --revoked FILE` honours. A server that runs \
                reads the list again on SIGHUP: who is revoked stays out, and whoever of them is \
                connected is removed.

                  cairn token revoke --list revoked.txt --identity 42 --until 2026-12-01T00:00:00Z
                  kill -HUP $(pidof cairn)

                The list is text, an entry a line, and may be edited by hand. A line whose time is \
                over does not count and may go.
                """)

        @Option(help: "The list to add to; made when there is none.", completion: .file())
        var list: String

        @Option(help: "The text of the token to take back.")
        var token: String?

        @Option(help: "The id of the token, as `cairn token inspect` shows it.")
        var tokenID: String?

        @Option(help: "The account whose every token is taken back, those to come as well.")
        var identity: UInt64?

        @Option(
            help: ArgumentHelp(
                "Until when, like 2026-12-01T00:00:00Z. Without it a token is revoked until it "
                    + "expires, or for a day where that is not known, and an identity for good.",
                valueName: "time"))
        var until: String?

        func validate() throws {
            guard [token != nil, tokenID != nil, identity != nil].filter({ $0 }).count == 1 else {
                throw ValidationError("Name one of --token, --token-id and --identity.")
            }
            if let until, CalendarTime.milliseconds(until) == nil {
                throw ValidationError("--until takes a time like 2026-12-01T00:00:00Z.")
            }
            if let tokenID, tokenID.utf8.count != 16 || UInt64(tokenID, radix: 16) == nil {
                throw ValidationError(
                    "--token-id takes the 16 hexadecimal digits that `cairn token inspect` shows.")
            }
        }

        func run() throws {
            let (subject, end) = try entry()
            let until = until.flatMap { CalendarTime.milliseconds($0) } ?? end
            guard until > wallClockMilliseconds() else {
                throw CommandFailure(
                    "that time is over, so nothing is revoked; give a later --until")
            }
            // A list that a server would refuse must not grow unnoticed.
            if FileManager.default.fileExists(atPath: list) { _ = try readRevocations(list) }
            let line = RevocationList.line(subject, untilMilliseconds: until)
            try append(line + "\n")
            print("revoked \(line); servers that run take it on SIGHUP")
        }

        /// Who is revoked, and until when where nobody says.
        private func entry() throws -> (RevocationList.Subject, UInt64) {
            if let identity { return (.identity(identity), RevocationList.forGood) }
            if let id = tokenID.flatMap({ UInt64($0, radix: 16) }) {
                let day = UInt64(Issue.longestSeconds) * 1_000
                return (.token(id), wallClockMilliseconds() + day)
            }
            guard let token = token.flatMap({ ConnectToken(text: $0) }) else {
                throw CommandFailure("that is no connect token; one begins with `cairn1.`")
            }
            // Whole seconds are written, and it must hold to the last millisecond.
            return (.token(token.id), token.expiryMilliseconds &+ 999)
        }

        /// One write at the end of the file, so that two operators do not mix their lines.
        private func append(_ line: String) throws {
            let descriptor = unsafe open(list, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw failure() }
            defer { _ = close(descriptor) }
            var last = UInt8(ascii: "\n")
            let end = lseek(descriptor, 0, SEEK_END)
            if end > 0 { _ = unsafe pread(descriptor, &last, 1, end - 1) }
            let text = Array(((last == UInt8(ascii: "\n") ? "" : "\n") + line).utf8)
            guard unsafe write(descriptor, text, text.count) == text.count else { throw failure() }
        }

        private func failure() -> CommandFailure {
            CommandFailure(unsafe "cannot write \(list): \(String(cString: strerror(errno)))")
        }
    }
}
