// `cairn serve`: reads the world, brings its state back from the disk, and runs until it is told to
// stop. Every way in which that can fail before the first datagram is one clear sentence.

import ArgumentParser
import CairnBasics
import CairnCRDT
import CairnClientRuntime
import CairnReplication
import CairnRuntime
import CairnSQLite
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
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

            SIGHUP makes it read the files of --token-key and --revoked again, without a restart: new \
            keys are honoured from then on, keys that are gone no longer, and whoever is connected \
            and revoked is removed. Where a file is broken, what was read before stays in force and \
            the log says what to do.

            SIGINT or SIGTERM stops it: clients hear goodbye, the journal reaches the disk, and \
            nothing that was acknowledged is lost. A second signal does not wait.

            A server with too much to do gives up one thing after the other, and takes them back when \
            there is time again: spectators are told of every third tick, then far levels of detail \
            are left out, then everybody is told of every other tick, then of every fifth; then \
            nobody new is let in, and last the world's time slows, to a quarter at least. What \
            people do and change is taken and kept on every rung. Each step is a line of the log \
            with its reason and with what comes next; --overload-at says when it begins. \
            docs/overload.md has the rest.

            The world file may change between two runs. Kinds and fields are known by their names, \
            so what is new, wider or in another order goes by itself, and so does everything that \
            nothing stored would notice. What would hide stored values, or leave them outside of \
            their limits, is refused unless you say --adopt-schema: fields that are gone or have \
            another type are hidden with their values until they are back as they were, and values \
            outside of their limits stay until they are next changed. What would lose something (a \
            kind that is gone, or has another role, while there are things of it) is always refused. \
            `cairn schema diff` says what would happen.
            """)

    @Option(help: "The world's YAML file.", completion: .file(extensions: ["yaml", "yml"]))
    var world: String

    @Option(help: "The directory that keeps the world's state.", completion: .directory)
    var data: String

    @Flag(help: "Take the world file also where it hides stored values or narrows their limits.")
    var adoptSchema = false

    @Option(help: "The address and UDP port to listen on; port 0 takes a free one.")
    var listen = AddressArgument(NetworkAddress(ipv4: 0x7f00_0001, port: 7_777))

    @Option(
        help: ArgumentHelp(
            "A token key's file; again for each key that is honoured, 8 at most.",
            valueName: "file"),
        completion: .file())
    var tokenKey: [String] = []

    @Option(
        help: "A list of what was taken back; see `cairn token revoke`.", completion: .file())
    var revoked: String?

    @Option(help: "This server's id; a token is for one server id.")
    var serverID = LocalToken.defaultServerID

    @Option(help: "Ticks a second, 5 to 128, instead of the world file's.")
    var hertz: Int?

    @Option(help: "Clients at most.")
    var maximumClients = 4_096

    @Option(help: "So many of the bodies nearest to a client it is told of in every tick.")
    var fresh = InterestRules.usualFreshEntities

    @Option(
        help: ArgumentHelp(
            "What state may take of one client's line for long, where the network allows it.",
            valueName: "bytes a tick"))
    var clientBytes = 1_200

    @Option(help: "Seconds for which the session of a silent client is kept: a phone in a pocket.")
    var keepSilent = 60

    @Option(help: "The most that one client may draw for long, in kbit/s.")
    var clientRate = 10_000

    @Option(
        help: ArgumentHelp(
            """
            From what share of each tick's time on the server gives something up, in percent; 0 for \
            one that rather lets its ticks come late.
            """, valueName: "percent"))
    var overloadAt = OverloadLadder.usualLimitPercent

    @Option(help: "Write what the server counted as JSON to this file when it stops.")
    var report: String?

    @Option(help: keyLogHelp, completion: .file())
    var keyLog: String?

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
        guard (1...65_536).contains(fresh) else {
            throw ValidationError("--fresh takes 1 to 65536.")
        }
        guard (400...32_768).contains(clientBytes) else {
            throw ValidationError("--client-bytes takes 400 to 32768.")
        }
        guard (5...3_600).contains(keepSilent) else {
            throw ValidationError("--keep-silent takes 5 to 3600 seconds.")
        }
        guard (100...10_000_000).contains(clientRate) else {
            throw ValidationError("--client-rate takes 100 to 10000000 kbit/s.")
        }
        guard (0...100).contains(overloadAt) else {
            throw ValidationError("--overload-at takes 0 to 100 percent.")
        }
        guard tokenKey.count <= TokenFiles.maximumKeys else {
            throw ValidationError("--token-key may be given \(TokenFiles.maximumKeys) times.")
        }
        guard listen.address.isLoopback || !tokenKey.isEmpty else {
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
        var description = try readWorldFile(world)
        if let hertz { description.tickHertz = hertz }
        let store = try SQLiteStore(directory: data, world: description.name)
        let recovered = try Recovery.replay(try store.load())
        description = try settleSchema(of: store, for: description, recovered, logger: logger)
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

    /// Sees that what is stored goes with the world file, and keeps the schema that both have from
    /// now on.
    /// - Returns: the file's world under the stored numbers.
    private func settleSchema(
        of store: SQLiteStore, for description: WorldDescription, _ recovered: RecoveredWorld,
        logger: Logger
    ) throws -> WorldDescription {
        let change = try store.schema.change(
            to: description, storing: recovered.lattice, file: store.path)
        try change.requireNoObstacles(adopting: adoptSchema, file: store.path)
        try store.keepSchema(change.schema.encoded())
        for difference in change.differences {
            logger.log(
                level: difference.effect == .migrates ? .info : .warning,
                "the world file has changed", metadata: ["what": "\(difference)"])
        }
        return change.description
    }

    private func settings() throws -> ServerShell.Settings {
        let files = TokenFiles(keys: tokenKey, revoked: revoked)
        let contents = try files.read()
        var localKey: TokenKey?
        if tokenKey.isEmpty {
            var entropy = systemSeededEntropy()
            localKey = TokenKey(entropy: &entropy)
        }
        return ServerShell.Settings(
            listen: listen.address, serverID: serverID, tokenFiles: files, tokens: contents,
            localKey: localKey, keyLog: try keyLog.map(openKeyLog), maximumClients: maximumClients,
            freshEntities: fresh, bytesPerTick: clientBytes,
            idleTimeout: .seconds(Int64(keepSilent)), bytesPerSecond: clientRate * 125,
            overloadPercent: overloadAt == 0 ? nil : overloadAt, report: report,
            followsParent: followParent)
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
