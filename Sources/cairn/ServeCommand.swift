// `cairn serve`: reads the world, brings its state back from the disk, and runs until it is told to
// stop. Every way in which that can fail before the first datagram is one clear sentence.

import ArgumentParser
import CairnBasics
import CairnCRDT
import CairnClientRuntime
import CairnRuntime
import CairnSQLite
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import CairnWorldFile
import Foundation
import Logging

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a world.",
        discussion: """
            On a loopback address the server makes its own key, and `cairn watch` and `swarm` of the \
            same user find it. On any other address every client needs a token, and --token-key \
            names the key that they are issued with (see `cairn token --help`).

            SIGINT or SIGTERM stops it: clients hear goodbye, the journal reaches the disk, and \
            nothing that was acknowledged is lost. A second signal does not wait.
            """)

    @Option(help: "The world's YAML file.", completion: .file(extensions: ["yaml", "yml"]))
    var world: String

    @Option(help: "The directory that keeps the world's state.", completion: .directory)
    var data: String

    @Option(help: "The address and UDP port to listen on; port 0 takes a free one.")
    var listen = AddressArgument(NetworkAddress(ipv4: 0x7f00_0001, port: 7_777))

    @Option(help: "The token key's file.", completion: .file())
    var tokenKey: String?

    @Option(help: "This server's id; a token is for one server id.")
    var serverID = LocalToken.defaultServerID

    @Option(help: "Ticks a second, 5 to 128, instead of the world file's.")
    var hertz: Int?

    @Option(help: "Clients at most.")
    var maximumClients = 4_096

    @Option(help: "Write what the server counted as JSON to this file when it stops.")
    var report: String?

    @Option(help: "How much to log: quiet, info or debug.")
    var log = LogArgument.info

    @Flag(help: .hidden)
    var followParent = false

    func validate() throws {
        if let hertz, !WorldLimits.tickHertz.contains(hertz) {
            throw ValidationError("--hertz takes 5 to 128.")
        }
        guard (1...65_536).contains(maximumClients) else {
            throw ValidationError("--maximum-clients takes 1 to 65536.")
        }
        guard listen.address.isLoopback || tokenKey != nil else {
            throw ValidationError(
                "\(listen.address) can be reached from other machines, so clients need tokens: make "
                    + "a key with `cairn token key --out FILE` and pass --token-key FILE, or "
                    + "listen on 127.0.0.1.")
        }
    }

    func run() throws {
        raiseDescriptorLimit()
        var logger = Logger(label: "cairn") { _ in LineLogHandler() }
        logger.logLevel = log.level
        let description = try readDescription()
        let store = try SQLiteStore(
            directory: data, world: description.name, schemaHash: description.schemaHash)
        let recovered = try Recovery.replay(try store.load())
        let boot = try store.nextBoot()
        logger.info(
            "world loaded",
            metadata: [
                "world": "\(description.name)", "boot": "\(boot)",
                "entities": "\(recovered.lattice.entityCount)",
                "replayed": "\(recovered.replayedRecords)",
            ])
        let shell = try ServerShell(
            description: description, recovered: recovered, boot: boot, store: store,
            settings: try settings(), logger: logger)
        try shell.run()
    }

    private func readDescription() throws -> WorldDescription {
        guard let yaml = try? String(contentsOfFile: world, encoding: .utf8) else {
            throw CommandFailure(
                "cannot read the world file \(world); name one that exists, such as "
                    + "worlds/plaza.yaml")
        }
        var description = try readWorld(yaml: yaml, fileName: world)
        if let hertz { description.tickHertz = hertz }
        return description
    }

    private func settings() throws -> ServerShell.Settings {
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let localKey = tokenKey == nil ? systemEntropy(byteCount: TokenKey.byteCount) : nil
        let key = try tokenKey.map(readTokenKey) ?? localKey.flatMap { TokenKey($0) }
        return ServerShell.Settings(
            listen: listen.address, serverID: serverID,
            tokenKey: key ?? TokenKey(entropy: &entropy), localKey: localKey,
            maximumClients: maximumClients, report: report, followsParent: followParent)
    }
}

/// How much to log.
enum LogArgument: String, ExpressibleByArgument, CaseIterable {
    case quiet, info, debug

    var level: Logger.Level {
        switch self {
        case .quiet: .warning
        case .info: .info
        case .debug: .debug
        }
    }
}
