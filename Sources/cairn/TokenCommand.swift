// Connect tokens by hand: for operators, and for a back end that has no issuer of its own yet.

import ArgumentParser
import CairnBasics
import CairnClientRuntime
import CairnRuntime
import CairnWire
import CairnWorld
import Foundation

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make token keys and connect tokens, and look into tokens.",
        discussion: """
            A server honours the tokens that were issued with its key:

              cairn token key --out cairn.key
              cairn serve --world world.yaml --data data --listen 0.0.0.0:7777 --token-key cairn.key
              cairn token issue --key cairn.key --identity 42 --name Ada

            To change the key without a gap, in three steps. (1) Make a new key and have servers \
            honour both: `cairn serve … --token-key new.key --token-key cairn.key`; or, where a \
            server already names a second file, put the new key there and send SIGHUP. (2) Issue \
            with the new key, and wait until the last token of the old one has expired, a day at \
            most. (3) Take the old file away from the servers. Nobody who is connected notices.
            """,
        subcommands: [Key.self, Issue.self, Inspect.self, Revoke.self])
}

extension TokenCommand {
    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new token key in a file that only you can read.")

        @Option(help: "The file to write; it must not exist.", completion: .file())
        var out: String

        func run() throws {
            var entropy = systemSeededEntropy()
            let key = TokenKey(entropy: &entropy)
            let descriptor = unsafe open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw CommandFailure(
                    unsafe "cannot write \(out): \(String(cString: strerror(errno))); "
                        + "name a file that does not exist, in a directory that you may write")
            }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try file.write(contentsOf: Data((key.secretText + "\n").utf8))
            print("wrote \(key) to \(out)")
        }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue a connect token and print it.",
            discussion: "Whoever has the printed text can join until it expires: treat it as a "
                + "password.")

        @Option(help: "The file that `cairn token key` wrote.", completion: .file())
        var key: String

        @Option(help: "The account, a number that is the same in every session.")
        var identity: UInt64

        @Option(help: "The name others see, at most 32 bytes.")
        var name = ""

        @Option(help: "player, device, spectator or operator.")
        var role = RoleArgument.player

        @Option(help: "What it may do: any of build, edit, speak, carry, with commas; or none.")
        var may = CapabilitiesArgument.all

        /// A day: what may be lost with a token, and how long a revoked one must be remembered.
        static let longestSeconds = 86_400

        @Option(help: "Seconds until it expires.")
        var expires = 60

        @Option(
            help: ArgumentHelp(
                "The server it is for, as given to `cairn serve --server-id`; again for up to 8.",
                valueName: "server-id"))
        var serverID: [UInt64] = [LocalToken.defaultServerID]

        func validate() throws {
            guard (1...Self.longestSeconds).contains(expires) else {
                throw ValidationError("--expires takes 1 to 86400 seconds.")
            }
            guard identity < Account.firstReserved else {
                throw ValidationError("--identity takes a number below 2^62; the rest is reserved.")
            }
            guard (1...ConnectToken.maximumServers).contains(serverID.count) else {
                throw ValidationError("--server-id may be given at most 8 times.")
            }
            guard name.utf8.count <= ClientIdentity.maximumNameBytes else {
                throw ValidationError("--name takes at most 32 bytes.")
            }
        }

        func run() throws {
            let key = try readTokenKey(key)
            var entropy = systemSeededEntropy()
            let token = ConnectToken.issue(
                for: ClientIdentity(
                    identity: identity, role: role.role, capabilities: may.capabilities.rawValue,
                    name: name),
                servers: serverID, key: key, wallMilliseconds: wallClockMilliseconds(),
                lifetimeMilliseconds: UInt64(expires) * 1_000, entropy: &entropy)
            print(token.text)
        }
    }

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a token says; with --key, also the sealed part.")

        @Argument(help: "The token's text.")
        var token: String

        @Option(help: "The key that it was issued with.", completion: .file())
        var key: String?

        func run() throws {
            guard let token = ConnectToken(text: token) else {
                throw CommandFailure("that is no connect token; one begins with `cairn1.`")
            }
            print(try inspection(of: token))
        }

        private func inspection(of token: ConnectToken) throws -> String {
            let expiry = Date(timeIntervalSince1970: Double(token.expiryMilliseconds) / 1_000)
            let left = expiry.timeIntervalSinceNow
            var lines = [
                "token id:  \(hexadecimal(token.id))",
                "key id:    \(hexadecimal(token.keyIdentifier))",
                "expires:   \(expiry.ISO8601Format()) "
                    + (left > 0 ? "(in \(Int(left)) s)" : "(expired)"),
            ]
            guard let key else { return lines.joined(separator: "\n") }
            let contents = try sealedPart(of: token, key: try readTokenKey(key))
            let identity = contents.identity
            let issued = Date(timeIntervalSince1970: Double(contents.issuedMilliseconds) / 1_000)
            lines += [
                "issued:    \(issued.ISO8601Format())",
                "servers:   \(contents.servers.map { "\($0)" }.joined(separator: ", "))",
                "identity:  \(identity.identity)", "name:      \(identity.name)",
                "role:      \(identity.role)",
                "may:       \(CapabilitiesArgument(identity.capabilities).text)",
            ]
            return lines.joined(separator: "\n")
        }

        /// What the key opens; a token that has expired is looked into all the same.
        private func sealedPart(of token: ConnectToken, key: TokenKey) throws -> TokenContents {
            do throws(TokenError) {
                return try ConnectToken.inspect(
                    token.sealedPart.rawBytes, keys: [key], serverID: nil,
                    wallMilliseconds: 0)
            } catch {
                throw CommandFailure(
                    "the token was not issued with the key in \(self.key ?? ""), or it is damaged "
                        + "(\(error))")
            }
        }
    }
}

/// A role by its name.
enum RoleArgument: String, ExpressibleByArgument, CaseIterable {
    case player, device, spectator, `operator`

    var role: ClientRole {
        switch self {
        case .player: .player
        case .device: .device
        case .spectator: .spectator
        case .operator: .operator
        }
    }
}

/// Capabilities by their names, with commas between.
struct CapabilitiesArgument: ExpressibleByArgument {
    let capabilities: Capabilities

    static let all = CapabilitiesArgument(Capabilities.participant.rawValue)
    private static let names: [(String, Capabilities)] = [
        ("build", .build), ("edit", .edit), ("speak", .speak), ("carry", .carry),
    ]

    init(_ rawValue: UInt64) { capabilities = Capabilities(rawValue: rawValue) }

    init?(argument: String) {
        var capabilities: Capabilities = []
        for word in argument.split(separator: ",") where word != "none" {
            guard let known = Self.names.first(where: { $0.0 == word }) else { return nil }
            capabilities.insert(known.1)
        }
        self.capabilities = capabilities
    }

    var text: String {
        let names = Self.names.filter { capabilities.contains($0.1) }.map(\.0)
        return names.isEmpty ? "none" : names.joined(separator: ",")
    }

    var defaultValueDescription: String { text }
}
