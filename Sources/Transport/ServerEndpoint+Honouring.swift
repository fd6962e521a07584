// Whose tokens are honoured may change while a server runs: keys are rotated, tokens taken back.

import CairnBasics
public import CairnWire

extension ServerEndpoint {
    /// Honours these keys, less these tokens and identities, from now on.
    ///
    /// A key that is gone lets nobody in any more; whoever is connected stays, since a session's
    /// keys do not depend on it. Joins under way whose token is revoked end at once.
    /// - Returns: the connections whose token or identity is revoked, for the caller to close.
    /// - Complexity: O(slots).
    public mutating func honour(
        _ keys: [TokenKey], revoked: RevocationList, wallMilliseconds: UInt64
    ) -> [ConnectionHandle] {
        configuration.tokenKeys = keys
        configuration.revoked = revoked
        var unwelcome: [ConnectionHandle] = []
        for index in 0..<slotCount where slots.contains(index) {
            let identity = slots[index].connection.identity.identity
            guard
                revoked.revokes(
                    token: slots[index].tokenID, of: identity, wallMilliseconds: wallMilliseconds)
            else { continue }
            if let handle = handle(at: index) {
                unwelcome.append(handle)
            } else {
                release(index)
            }
        }
        return unwelcome
    }
}
