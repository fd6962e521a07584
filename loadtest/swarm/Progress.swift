// What a person sees while a run goes on: one line that changes on a terminal, a line every two seconds
// elsewhere.

import CairnBasics
import Foundation
import Glibc

/// Writes a line for the person who waits, apart from the output.
func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

struct Progress {
    private static let period = TimeSpan.seconds(2)
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private var nextAt = Instant.zero
    private var isOpen = false

    mutating func show(_ line: String, now: Instant) {
        if isTerminal {
            isOpen = true
            FileHandle.standardError.write(Data("\r\u{1b}[K\(line)".utf8))
        } else if now >= nextAt {
            nextAt = now + Self.period
            note(line)
        }
    }

    /// Leaves the last line standing.
    mutating func end() {
        if isOpen { note("") }
        isOpen = false
    }
}
