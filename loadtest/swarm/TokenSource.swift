// A token for every bot, from the key of a local server or from a key file.

import ArgumentParser
import CairnBasics
import CairnClientRuntime
import CairnRuntime
import CairnWire
import CairnWorld
import Foundation

/// Issues connect tokens to bots.
final class TokenSource {
    private let server: NetworkAddress
    private let key: TokenKey
    private var entropy = systemSeededEntropy()

    init(server: NetworkAddress, keyFile: String?) throws {
        self.server = server
        guard let keyFile else {
            key = try LocalToken.key(of: server)
            return
        }
        let text = (try? String(contentsOfFile: keyFile, encoding: .utf8)) ?? ""
        guard let key = TokenKey(secretText: text.trimmingCharacters(in: .whitespacesAndNewlines))
        else {
            throw ValidationError(
                "\(keyFile) holds no token key; make one with `cairn token key --out FILE`.")
        }
        self.key = key
    }

    /// A token for bot number `index`.
    func issue(index: Int, role: ClientRole) -> ConnectToken {
        let name = role == .device ? "phone \(index)" : "bot \(index)"
        return ConnectToken.issue(
            for: ClientIdentity(
                identity: UInt64(index) + 1, role: role,
                capabilities: Capabilities.participant.rawValue, name: name),
            serverID: LocalToken.defaultServerID, key: key,
            wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: 60_000,
            entropy: &entropy)
    }
}
