// What an operator changes while the world runs: which token keys are honoured, and who is not.

import CairnBasics
import CairnTransport
public import CairnWire

extension WorldServer {
    /// Honours these keys, less these tokens and identities, from now on. Whoever is connected and
    /// revoked loses its body at once and hears why with the next tick.
    /// - Returns: how many clients must go.
    public mutating func honour(
        _ keys: [TokenKey], revoked: RevocationList, wallMilliseconds: UInt64
    ) -> Int {
        let unwelcome = endpoint.honour(
            keys, revoked: revoked, wallMilliseconds: wallMilliseconds)
        for connection in unwelcome {
            guard let index = sessionIndex(of: connection) else { continue }
            sessions[index].removal = CloseReason(.removed, "your leave to be here was revoked")
        }
        return unwelcome.count
    }
}
