import CLibuv

/// What the operating system refused: what was tried, on what, why, and what to do about it.
///
/// Only setting up can fail with one. Once a socket is open, what goes wrong on the network is
/// counted in its statistics, because one bad datagram must not stop a world.
public struct LoopError: Error, Hashable, Sendable {
    /// What was tried, as a phrase: `bind`.
    public var operation: String
    /// What it was tried on: `127.0.0.1:7777`.
    public var subject: String
    /// The system's error as libuv gives it: a negative errno.
    public var code: Int32

    init(_ operation: String, on subject: String, code: Int32) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }
}

extension LoopError: CustomStringConvertible {
    /// One line for an operator.
    public var description: String {
        "cannot \(operation) \(subject): \(reason); \(remedy)"
    }

    /// The system's own words for the code.
    public var reason: String { unsafe String(cString: uv_strerror(code)) }

    /// What an operator can do next.
    public var remedy: String {
        switch code {
        case UV_EADDRINUSE.rawValue:
            "another program has this port: stop it, or choose another port"
        case UV_EADDRNOTAVAIL.rawValue:
            "no network interface of this machine has this address: choose one that it has, "
                + "or 0.0.0.0 or [::] for all"
        case UV_EACCES.rawValue, UV_EPERM.rawValue:
            "this user may not: choose a port above 1023, or grant the right"
        case UV_EMFILE.rawValue, UV_ENFILE.rawValue:
            "too many open files: raise the limit (ulimit -n)"
        case UV_EAFNOSUPPORT.rawValue:
            "this machine has no such address family: use an IPv4 address"
        default:
            "see `man 3 errno` for \(unsafe String(cString: uv_err_name(code)))"
        }
    }
}

/// Throws when libuv or the platform file returned a negative code.
func check(
    _ code: Int32, _ operation: String, on subject: String = "the event loop"
) throws(LoopError) {
    if code < 0 { throw LoopError(operation, on: subject, code: code) }
}
