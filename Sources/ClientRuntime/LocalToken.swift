public import CairnBasics
public import CairnRuntime
public import CairnWire

/// Fresh entropy from the kernel's, whose seed stays nowhere else.
public func systemSeededEntropy() -> SeededEntropy {
    var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
    defer { wipe(&seed) }
    return SeededEntropy(seed: seed)
}

/// Where a tool gets its leave to join: from the command line, or, for a server of the same user on
/// the same machine, from the key that the server left for such tools.
public enum LocalToken {
    /// The server id of a server that was not given one.
    public static let defaultServerID: UInt64 = 1
    /// Long enough for a slow join, short enough that a leaked one is worth little.
    static let lifetimeMilliseconds: UInt64 = 60_000

    /// A token for `identity` at the local server that listens on `server`'s port.
    public static func issue(
        for identity: ClientIdentity, at server: NetworkAddress
    ) throws(LocalKeyFile.Failure) -> ConnectToken {
        let key = try key(of: server)
        var entropy = systemSeededEntropy()
        return .issue(
            for: identity, serverID: defaultServerID, key: key,
            wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: lifetimeMilliseconds,
            entropy: &entropy)
    }

    /// The key that the local server on `server`'s port left for tools.
    public static func key(
        of server: NetworkAddress
    ) throws(LocalKeyFile.Failure) -> TokenKey {
        guard server.isLoopback else {
            throw LocalKeyFile.Failure(
                "\(server) is not on this machine, so a token is needed; issue one with "
                    + "`cairn token issue`")
        }
        var bytes = try LocalKeyFile.read(port: server.port)
        defer { wipe(&bytes) }
        guard let key = TokenKey(bytes) else {
            throw LocalKeyFile.Failure(
                "the key at \(LocalKeyFile.path(port: server.port)) is no key; restart the server")
        }
        return key
    }
}
