/// Where a program that is being debugged leaves the keys of its sessions, for a tool that reads captured
/// traffic (`protocol/wireshark`), as browsers do with SSLKEYLOGFILE.
///
/// Whoever has the lines can read, and speak in, every session they name. There is none unless somebody
/// makes one. Each direction of a session has a line,
///
///     client 0102030405060708 1 «64 hexadecimal digits»
///
/// with the side that seals, the connection id, the cipher's number and the traffic key of phase 0, from
/// which the later ones follow.
public struct KeyLog: Sendable {
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Takes a line without its end; called once or twice a join.
    public init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Leaves the keys of a session.
    public func note(_ keys: SessionKeys, connectionID: UInt64) {
        for (side, key) in [("client", keys.clientTraffic), ("server", keys.serverTraffic)] {
            write(
                "\(side) \(hexadecimal(connectionID)) \(key.cipher.rawValue) "
                    + key.disclosedText())
        }
    }
}
