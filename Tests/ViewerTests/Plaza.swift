// A small plaza that stands still: the scene that the tests look at.
import CairnBasics
import CairnGeometry
import CairnViewer

enum Plaza {
    static let bounds = SceneBounds(lowest: position(-80, -80), highest: position(80, 80))

    static func position(_ x: Double, _ y: Double) -> Position {
        Position(metresX: x, y, 0)!
    }

    static func entity(
        _ number: UInt32, _ name: String, _ role: SceneRole, _ x: Double, _ y: Double,
        velocity: (x: Double, y: Double) = (0, 0), isSelf: Bool = false
    ) -> SceneEntity {
        SceneEntity(
            id: EntityID(replica: ReplicaID(node: 1, boot: 3), number: number), name: name,
            role: role,
            motion: Motion(
                position: position(x, y),
                velocity: Velocity(metresPerSecondX: velocity.x, velocity.y, 0)),
            isSelf: isSelf)
    }

    static func box(
        _ name: String, _ role: SceneZoneRole, _ west: Double, _ south: Double, _ east: Double,
        _ north: Double
    ) -> SceneZone {
        SceneZone(
            name: name, role: role,
            polygon: [
                MapPoint(x: west, y: south), MapPoint(x: east, y: south),
                MapPoint(x: east, y: north), MapPoint(x: west, y: north),
            ])
    }

    static var scene: Scene {
        var mira = entity(7, "Mira", .npc, -30, 12)
        mira.details = [SceneDetail("mood", "curious"), SceneDetail("talks to", "Robin")]
        var kiosk = entity(20, "Kiosk", .object, 40, -20)
        kiosk.glyph = "¤"
        return Scene(
            bounds: bounds,
            entities: [
                entity(1, "Robin", .avatar, -6, -4, velocity: (1, 1), isSelf: true),
                entity(2, "Ada", .avatar, 20, 6),
                entity(3, "Grace", .avatar, 20.2, 6.2),
                entity(4, "Linus", .avatar, 0, 40, velocity: (-1.4, 0)),
                mira,
                entity(8, "Tomasz", .npc, 60, 66, velocity: (0, 1)),
                entity(9, "", .device, -60, -40),
                kiosk,
            ],
            anchors: [
                SceneAnchor(name: "clock", position: position(-70, 70), sigmaMetres: 0.02),
                SceneAnchor(name: "gate", position: position(70, -44), sigmaMetres: 0.05),
            ],
            zones: [
                box("Market", .pointOfInterest, -64, 30, -20, 62),
                box("Pond", .noGo, 24, 20, 64, 50),
                box("Road", .noGo, -80, -68, 80, -54),
            ],
            speech: [
                SceneSpeech(
                    speaker: "Mira", role: .npc, text: "Welcome to the plaza.", age: .seconds(12)),
                SceneSpeech(
                    speaker: "Ada", role: .avatar, text: "Is the fountain on?", age: .seconds(2)),
            ],
            status: SceneStatus(
                connection: .connected, serverAddress: "127.0.0.1:7777", worldName: "Plaza",
                tick: Tick(1234), hertz: 20, bytesPerSecond: 18_432, packetsPerSecond: 41,
                lossRatio: 0.002, roundTrip: .milliseconds(12), entityCount: 8))
    }
}

extension ViewerState {
    /// A frame as the owner's loop makes it.
    mutating func frame(_ scene: Scene, _ columns: Int, _ rows: Int) -> Screen {
        advance(to: scene, columns: columns, rows: rows)
        return render(scene: scene, columns: columns, rows: rows)
    }

    mutating func press(_ keys: [ViewerKey], _ scene: Scene) {
        for key in keys { handle(key, scene: scene) }
    }
}

extension Screen {
    /// The cells whose character is this one.
    func cells(of character: Unicode.Scalar) -> [(column: Int, row: Int)] {
        var found: [(column: Int, row: Int)] = []
        for row in 0..<rows {
            for column in 0..<columns where self[column, row].character == character {
                found.append((column, row))
            }
        }
        return found
    }

    /// The cell of the first character of a word; nil when the screen does not show it.
    func place(of word: String) -> (column: Int, row: Int)? {
        let wanted = Array(word.unicodeScalars)
        for row in 0..<rows {
            for column in 0..<max(0, columns - wanted.count + 1)
            where wanted.indices.allSatisfy({ self[column + $0, row].character == wanted[$0] }) {
                return (column, row)
            }
        }
        return nil
    }

    func shows(_ word: String) -> Bool { place(of: word) != nil }
}
