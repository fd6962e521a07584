// `cairn watch`: a spectator in a terminal. It joins like anybody else, sees what any client with
// its interest would see, and compares every page with the server's digest on the way.

import ArgumentParser
import CairnBasics
import CairnClient
import CairnClientRuntime
import CairnGeometry
import CairnRuntime
import CairnTerminal
import CairnTransport
import CairnViewer
import CairnWire
import CairnWorld
import Foundation

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch a world live in this terminal.",
        discussion: """
            Arrow keys move, + and - zoom, 0 shows everything, tab selects, f follows, ? lists all \
            keys, q leaves. A local server of yours lets you in; any other needs --token.
            """)

    @Argument(help: "The server's address and port.")
    var server: AddressArgument

    @Option(help: "A connect token from `cairn token issue --role spectator`.")
    var token: String?

    @Option(help: keyLogHelp, completion: .file())
    var keyLog: String?

    @Option(help: "How many metres around the camera to ask for, 16 to 512.")
    var radius = 160

    @Flag(help: "Print what is in view as text, an entity a line, and leave.")
    var once = false

    @Flag(help: "With --once: print each entity's place as a GeoPose (OGC 21-056r11, Basic).")
    var geopose = false

    func validate() throws {
        guard (16...512).contains(radius) else {
            throw ValidationError("--radius takes 16 to 512 metres.")
        }
    }

    func run() throws {
        let identity = ClientIdentity(
            identity: .random(in: 1 << 32..<1 << 48), role: .spectator, name: "spectator")
        var configuration = ClientConfiguration(
            token: try connectToken(for: identity), server: server.address,
            entrance: Entrance(interestMetres: UInt16(radius), wantsDigests: true))
        if let keyLog {
            configuration.endpoint.keyLog = try openKeyLog(keyLog)
            FileHandle.standardError.write(Data("warning: \(keyLogWarning)\n".utf8))
        }
        let shell = try WatchShell(
            configuration: configuration, radiusMetres: UInt16(radius),
            renewToken: { try? connectToken(for: identity) })
        if once { try shell.runOnce(asGeoPose: geopose) } else { try shell.run() }
    }

    /// The one that was given, or a new one from a local server's key, which a server that has
    /// started again has made anew.
    private func connectToken(for identity: ClientIdentity) throws -> ConnectToken {
        guard let token else { return try LocalToken.issue(for: identity, at: server.address) }
        guard let token = ConnectToken(text: token) else {
            throw CommandFailure("--token is no connect token; one begins with `cairn1.`")
        }
        return token
    }
}

/// The loop of the viewer: keys in, frames out, twelve times a second.
private final class WatchShell {
    static let framePeriod = TimeSpan.milliseconds(80)
    /// How long to try before saying that nobody answers.
    static let joinPatience = TimeSpan.seconds(10)

    private let loop: Loop
    private let connection: ConnectedClient
    private let server: NetworkAddress
    private let radiusMetres: UInt16
    private var screen: TerminalScreen?
    private var viewer: ViewerState
    private var scene: SceneBuilder
    private var timers: [RepeatingTimer] = []
    private var signals: [SignalWatcher] = []
    private var lookedAt: (Position, Instant)?

    init(
        configuration: ClientConfiguration, radiusMetres: UInt16,
        renewToken: @escaping () -> ConnectToken?
    ) throws {
        loop = try Loop()
        connection = try ConnectedClient(configuration, loop: loop, renewToken: renewToken)
        server = configuration.server
        self.radiusMetres = radiusMetres
        scene = SceneBuilder(server: configuration.server)
        viewer = ViewerState()
    }

    func run() throws {
        defer { loop.close() }
        try join()
        let screen = try TerminalScreen.open()
        defer { screen.close() }
        self.screen = screen
        viewer = ViewerState(repertoire: screen.repertoire)
        timers.append(
            try RepeatingTimer(loop: loop, period: Self.framePeriod) { [weak self] _ in
                self?.frame()
            })
        signals = try [ProcessSignal.interrupt, .terminate, .hangup].map { signal in
            try SignalWatcher(loop: loop, signal: signal) { [weak self] in self?.loop.stop() }
        }
        loop.run()
        connection.close()
    }

    /// Joins, waits until everything near has arrived, and prints it.
    func runOnce(asGeoPose: Bool) throws {
        defer { loop.close() }
        try join()
        let settled = try RepeatingTimer(
            loop: loop, start: MonotonicClock.now() + .milliseconds(1_500), period: .seconds(1)
        ) { [weak self] _ in self?.loop.stop() }
        loop.run()
        settled.close()
        let picture = scene.build(from: &connection.client, now: MonotonicClock.now())
        for entity in picture.entities {
            let pose = asGeoPose ? connection.client.geoPose(of: entity.motion) : nil
            print(entity.line(pose))
        }
        connection.close()
    }

    /// Joins before the terminal is taken over, so that an error is a plain line.
    private func join() throws {
        let deadline = MonotonicClock.now() + Self.joinPatience
        let update = try RepeatingTimer(loop: loop, period: .milliseconds(20)) { [weak self] _ in
            guard let self else { return }
            connection.update()
            let isOver = connection.client.ended != nil || MonotonicClock.now() > deadline
            if connection.client.isPresent || isOver { loop.stop() }
        }
        loop.run()
        update.close()
        if let reason = connection.client.ended, reason.code != .unreachable {
            throw CommandFailure("\(server) did not let us in: \(reason)")
        }
        guard connection.client.isPresent else {
            throw CommandFailure(
                "nobody answers at \(server): no server runs there, or the token is not for it "
                    + "(servers say nothing to strangers); check the port and the token")
        }
        timers.append(
            try RepeatingTimer(loop: loop, period: .milliseconds(25)) { [weak self] _ in
                self?.connection.update()
            })
    }

    private func frame() {
        guard let screen else { return }
        let now = MonotonicClock.now()
        let picture = scene.build(
            from: &connection.client, isReconnecting: connection.isReconnecting, now: now)
        while let key = screen.pollKey() {
            if viewer.handle(key, scene: picture) == .quit { return loop.stop() }
        }
        let size = screen.size
        viewer.advance(to: picture, columns: size.columns, rows: size.rows)
        screen.draw(viewer.render(scene: picture, columns: size.columns, rows: size.rows))
        look(now: now)
    }

    /// Tells the server where the camera is, when it has moved, four times a second at most.
    private func look(now: Instant) {
        let centre = viewer.camera.centre
        guard let place = Position(metresX: centre.x, centre.y, 0) else { return }
        if let (last, at) = lookedAt {
            guard now - at > .milliseconds(250), last.squaredDistance(to: place) > 1_024 * 1_024
            else { return }
        }
        lookedAt = (place, now)
        connection.client.look(at: place, radiusMetres: radiusMetres)
    }
}

extension SceneEntity {
    /// Role, name, place (in metres, or as a GeoPose) and details, with tabs between.
    fileprivate func line(_ pose: GeoPose?) -> String {
        let place = motion.position.metres
        let metres = [place.x, place.y, place.z].map { String(format: "%.2f", $0) }
        let details = details.map { "\($0.label)=\($0.value)" }.sorted()
        let words =
            [role.name, name, pose?.json(as: .basicQuaternion) ?? metres.joined(separator: " ")]
            + details
        return words.joined(separator: "\t")
    }
}
