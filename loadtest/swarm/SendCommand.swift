// `swarm send`, which is also what `swarm` does without a subcommand: a crowd for a server that runs
// already, as the demo and the checks use it.

import ArgumentParser
import CairnBasics
import CairnRuntime
import Foundation

/// Sends a crowd of bots into a world: real clients on real sockets.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send a crowd of bots to a Cairn server.",
        discussion: """
            Every bot is a client on a socket of its own: it joins, walks about, edits what it \
            may, decodes everything it is sent, and compares what it has rebuilt with the server's \
            own digest of the same page and tick. One in twenty is a phone that sights anchors. \
            A local server of yours lets bots in; for any other, --key names its token key.

            Exit status 0 when every bot joined, nothing failed to decode and nothing diverged.
            """)

    @Option(help: "The server's address and port.")
    var server: String

    @Option(help: "How many bots to send.")
    var clients = 200

    @Option(help: "How long they stay after the last has joined.")
    var seconds = 20

    @Option(help: "How many join a second.")
    var joinsPerSecond = 200

    @Option(help: "Every how manieth bot is a phone; 0 for none.")
    var phoneEvery = 20

    @Option(
        help: ArgumentHelp(
            "How many of a hundred decode everything and compare digests; the others join, open "
                + "every packet, read which pages they are told of, and walk.",
            valueName: "percent"))
    var decodeShare = 100

    @Option(help: "The seed of what the bots do.")
    var seed: UInt64 = 1

    @Option(help: "The server's token key, from `cairn token key`.", completion: .file())
    var key: String?

    @Option(help: "Write the report as JSON to this file.", completion: .file())
    var json: String?

    @Flag(help: .hidden)
    var followParent = false

    func validate() throws {
        guard NetworkAddress(server) != nil else {
            throw ValidationError("--server takes an address and a port, such as 127.0.0.1:7777.")
        }
        guard (1...50_000).contains(clients) else {
            throw ValidationError("--clients takes 1 to 50000.")
        }
        guard (1...604_800).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to 604800.")
        }
        guard (1...10_000).contains(joinsPerSecond) else {
            throw ValidationError("--joins-per-second takes 1 to 10000.")
        }
        guard (0...100).contains(decodeShare) else {
            throw ValidationError("--decode-share takes 0 to 100 percent.")
        }
        guard phoneEvery >= 0 else { throw ValidationError("--phone-every takes 0 or more.") }
    }

    func run() throws {
        raiseDescriptorLimit()
        guard let address = NetworkAddress(server) else { return }
        let tokens = try TokenSource(server: address, keyFile: key)
        let crowd = try Crowd(
            CrowdPlan(
                server: address, clients: clients, seconds: seconds,
                joinsPerSecond: joinsPerSecond, seed: seed, decodePercent: decodeShare,
                phoneEvery: phoneEvery, acts: true, followsParent: followParent),
            tokens: tokens)
        let report = try crowd.run()
        if let json { try Data((report.json + "\n").utf8).write(to: URL(filePath: json)) }
        print(report.json)
        guard report.isGood else { throw ExitCode(1) }
    }
}
