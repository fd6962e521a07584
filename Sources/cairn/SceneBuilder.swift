// From what a client knows to what the viewer shows: names and fields in words, rates over the last
// second, the last things said.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnViewer
import CairnWorld
import Foundation

/// Builds a scene from a client, frame after frame.
struct SceneBuilder {
    /// Lines of speech to keep, and for how long.
    static let speechLimit = 32
    static let speechLifetime = TimeSpan.seconds(30)

    private let server: NetworkAddress
    private var speech: [(line: SceneSpeech, at: Instant)] = []
    private var rates = Rates()

    init(server: NetworkAddress) { self.server = server }

    /// The picture of this moment; takes the client's events.
    mutating func build(
        from client: inout WorldClient, isReconnecting: Bool = false, now: Instant
    ) -> Scene {
        takeEvents(from: &client, now: now)
        rates.update(client.statistics, now: now)
        let description = client.description
        let bounds = description.map {
            SceneBounds(lowest: $0.bounds.lowest, highest: $0.bounds.highest)
        }
        return Scene(
            bounds: bounds ?? SceneBounds(lowest: .origin, highest: .origin),
            entities: entities(of: client, now: now), anchors: anchors(of: description),
            zones: zones(of: description), speech: recentSpeech(now: now),
            status: status(of: client, isReconnecting: isReconnecting))
    }

    private mutating func takeEvents(from client: inout WorldClient, now: Instant) {
        while let event = client.pollEvent() {
            guard case .heard(let speaker, let name, let text) = event else { continue }
            let role = client.kind(of: speaker)?.role ?? .avatar
            if speech.count == Self.speechLimit { speech.removeFirst() }
            speech.append(
                (SceneSpeech(speaker: name, role: SceneRole(role), text: text, age: .zero), now))
        }
    }

    private mutating func recentSpeech(now: Instant) -> [SceneSpeech] {
        speech.removeAll { now - $0.at > Self.speechLifetime }
        return speech.map { line, at in
            var line = line
            line.age = now - at
            return line
        }
    }

    /// Everybody and everything; what somebody in view carries is told of them and not drawn.
    private func entities(of client: borrowing WorldClient, now: Instant) -> [SceneEntity] {
        var loads: [EntityID: [String]] = [:]
        for id in client.entityIDs {
            guard let holder = client.carrier(of: id) else { continue }
            let name = client.text(.name, of: id) ?? client.kind(of: id)?.name ?? "something"
            loads[holder, default: []].append(name)
        }
        return client.entityIDs.compactMap { id in
            guard client.carrier(of: id) == nil, let kind = client.kind(of: id),
                let motion = client.motion(of: id, now: now)
            else { return nil }
            let name = client.text(.name, of: id) ?? kind.name
            return SceneEntity(
                id: id, name: name, role: SceneRole(kind.role), glyph: kind.glyph, motion: motion,
                isSelf: id == client.entity,
                details: details(of: id, kind: kind, motion: motion, client)
                    + (loads[id].map { [SceneDetail("carries", $0.joined(separator: ", "))] } ?? [])
            )
        }
    }

    private func details(
        of id: EntityID, kind: KindDescription, motion: Motion, _ client: borrowing WorldClient
    ) -> [SceneDetail] {
        var details = [SceneDetail("kind", kind.name)]
        if let earth = client.geoPose(of: motion) {
            details.append(SceneDetail("on Earth", earth.position.words))
        }
        for fieldID in kind.fieldIDs {
            guard let field = client.description?.field(fieldID, of: kind.id) else { continue }
            guard let words = words(for: field, of: id, client) else { continue }
            details.append(SceneDetail(field.name, words))
        }
        return details
    }

    /// A field as a person reads it; nil where nobody has written it. What something hangs on is
    /// said by its name.
    private func words(
        for field: FieldDescription, of id: EntityID, _ client: borrowing WorldClient
    ) -> String? {
        guard let state = client.field(field.id, of: id) else { return nil }
        switch field.policy {
        case .attachment:
            guard let parent = client.parent(field.id, of: id) else { return "nothing" }
            return client.text(.name, of: parent) ?? client.kind(of: parent)?.name
        case .bounded:
            guard let number = field.number(in: state), let range = field.range else { return nil }
            let isOpen = range.upperBound >= FieldDescription.boundedLimit
            return isOpen ? "\(number)" : "\(number) of \(range.upperBound)"
        default: return state.words
        }
    }

    private func anchors(of description: WorldDescription?) -> [SceneAnchor] {
        (description?.anchors ?? []).map {
            SceneAnchor(name: $0.name, position: $0.position, sigmaMetres: $0.sigmaMetres)
        }
    }

    private func zones(of description: WorldDescription?) -> [SceneZone] {
        (description?.zones ?? []).map { zone in
            SceneZone(
                name: zone.name, role: SceneZoneRole(zone.role),
                polygon: zone.polygon.map { MapPoint(unitsX: $0.x, unitsY: $0.y) })
        }
    }

    private func status(
        of client: borrowing WorldClient, isReconnecting: Bool
    ) -> SceneStatus {
        let connection: SceneConnection =
            if isReconnecting {
                .reconnecting
            } else if let reason = client.ended {
                .closed(reason: "\(reason)")
            } else {
                client.isPresent ? .connected : .connecting
            }
        let statistics = client.statistics
        return SceneStatus(
            connection: connection, serverAddress: "\(server)",
            worldName: client.description?.name ?? "", tick: client.tick,
            hertz: client.description?.tickHertz ?? 0, bytesPerSecond: rates.bytesPerSecond,
            packetsPerSecond: rates.packetsPerSecond, lossRatio: statistics.lossShare,
            roundTrip: statistics.roundTrip,
            presentationDelay: client.isPresent ? statistics.presentationDelay : nil,
            entityCount: client.entityCount,
            divergenceCount: Int(statistics.divergences), timeScale: statistics.timeScale)
    }
}

/// Bytes and packets a second, measured over about a second.
private struct Rates {
    private(set) var bytesPerSecond = 0.0
    private(set) var packetsPerSecond = 0.0
    private var last: (statistics: ClientStatistics, at: Instant)?

    mutating func update(_ statistics: ClientStatistics, now: Instant) {
        guard let last else {
            self.last = (statistics, now)
            return
        }
        let seconds = (now - last.at).seconds
        guard seconds >= 1 else { return }
        bytesPerSecond = Double(statistics.bytesReceived - last.statistics.bytesReceived) / seconds
        packetsPerSecond = Double(statistics.packets - last.statistics.packets) / seconds
        self.last = (statistics, now)
    }
}

extension SceneRole {
    init(_ role: KindRole) {
        switch role {
        case .avatar: self = .avatar
        case .device: self = .device
        case .npc: self = .npc
        case .object: self = .object
        }
    }
}

extension SceneZoneRole {
    init(_ role: ZoneRole) {
        switch role {
        case .noGo: self = .noGo
        case .walkable: self = .walkable
        case .pointOfInterest: self = .pointOfInterest
        }
    }
}

extension FieldState {
    /// The value as a person reads it.
    var words: String {
        switch self {
        case .latest(let register): register.value.words
        case .counter(let counter): "\(counter.value)"
        case .set(let set): set.elements.map(\.words).joined(separator: ", ")
        case .map(let map):
            map.keys.map { "\($0): \(map[$0]?.words ?? "")" }.joined(separator: "; ")
        case .maximum(let register): "\(register.value)"
        case .minimum(let register): "\(register.value)"
        case .multiValue(let register): register.values.map(\.words).joined(separator: " | ")
        case .bounded(let counter): "\(counter.aboveBound)"
        case .attachment(let attachment): attachment.written.map { "#\($0.number)" } ?? "free"
        }
    }
}

extension GeodeticPosition {
    /// Latitude and longitude to about a decimetre.
    var words: String {
        String(format: "%.6f, %.6f", latitudeDegrees, longitudeDegrees)
    }
}

extension Scalar {
    /// The value as a person reads it.
    var words: String {
        switch self {
        case .boolean(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): value
        case .entity(let id): "#\(id.number)"
        case .bytes(let bytes): "\(bytes.count) bytes"
        }
    }
}
