// The file of --key-log. It is for looking into traffic with Wireshark and gives everything away, so it is
// made for its owner's eyes only, and whoever asks for one is told what it means.

import ArgumentParser
import CairnWire
import Foundation

/// What --key-log says of itself in every command that has it.
let keyLogHelp = ArgumentHelp(
    "Add every session's keys to this file, for Wireshark (protocol/wireshark). For debugging alone: who "
        + "reads it can read all that was sent and received.",
    valueName: "file")

/// The warning that goes with a key log.
let keyLogWarning =
    "the keys of all sessions are written to a file: who reads it can read all that is sent and received"

/// Opens a file that keys are added to, for its owner alone.
func openKeyLog(_ path: String) throws -> KeyLog {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        throw CommandFailure(
            unsafe "cannot write the key log \(path): \(String(cString: strerror(errno)))")
    }
    guard fchmod(descriptor, 0o600) == 0 else {
        throw CommandFailure("the key log \(path) is somebody else's; name another file")
    }
    // Open as long as the process: a line is one write, so that several processes may share a file.
    return KeyLog { line in
        let bytes = Array((line + "\n").utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
    }
}
