import CairnGeometry
import CairnWorld
import CairnWorldFile
import Testing

@Suite struct GeoPosesPlaceAnchorsTests {
    private func world(
        origin: String = "origin: { latitude: 40, longitude: -3, height: 700 }", _ anchor: String
    )
        throws -> WorldDescription
    {
        try readWorld(
            yaml: """
                name: Test
                \(origin)
                bounds: { lowest: [-90, -90, -90], highest: [90, 90, 90] }
                kinds:
                  visitor: { role: avatar, maxSpeed: 6 }
                  resident: { role: npc, maxSpeed: 2 }
                anchors:
                  post: \(anchor)
                """, fileName: "test.yaml")
    }

    @Test func aGeoPoseAtTheOriginLiesAtTheOrigin() throws {
        let world = try world(
            #"{ geoPose: {"position":{"lat":40,"lon":-3,"h":700},"quaternion":{"x":0,"y":0,"z":0,"w":1}} }"#
        )
        let anchor = try #require(world.anchors.first)
        #expect(anchor.position == .origin)
        #expect(abs(anchor.orientation.yaw) < 0.005)
    }

    @Test func aPlaceToTheNorthLiesToTheNorth() throws {
        // A second of latitude is 30.84 m at 40 degrees north (WGS 84).
        let world = try world(
            "{ geoPose: { position: { lat: 40.000277778, lon: -3, h: 700 }, angles: { yaw: 90, pitch: 0, roll: 0 } } }"
        )
        let anchor = try #require(world.anchors.first)
        #expect(abs(anchor.position.metres.x) < 0.01)
        #expect(abs(anchor.position.metres.y - 30.84) < 0.01)
        #expect(abs(anchor.orientation.yaw - .pi / 2) < 0.005)
    }

    @Test(arguments: [
        (
            "{ geoPose: { position: { lat: 95, lon: 0, h: 0 }, angles: { yaw: 0, pitch: 0, roll: 0 } } }",
            "'lat' is -90 to 90"
        ),
        ("{ geoPose: { position: { lat: 40, lon: -3, h: 0 } } }", "has no 'quaternion'"),
        (
            "{ geoPose: { position: { lat: 40, lon: -3, h: 0 }, quaternion: { x: 1, y: 1, z: 0, w: 0 } } }",
            "not of length 1"
        ),
        (
            "{ geoPose: { position: { lat: 40, lon: -3, h: 0 } }, position: [0, 0, 0] }",
            "leave out one"
        ),
        (
            "{ geoPose: { position: { lat: -40, lon: 100, h: 0 }, angles: { yaw: 0, pitch: 0, roll: 0 } } }",
            "from the world's origin"
        ),
    ])
    func whatIsWrongIsSaid(anchor: String, message: String) {
        let error = #expect(throws: WorldFileError.self) { try world(anchor) }
        #expect("\(error!)".contains(message), "\(error!)")
    }

    @Test func aGeoPoseInAWorldThatIsNowhereAsksForAnOrigin() {
        let error = #expect(throws: WorldFileError.self) {
            try world(
                origin: "interestMetres: 30",
                "{ geoPose: { position: { lat: 40, lon: -3, h: 0 }, angles: { yaw: 0, pitch: 0, roll: 0 } } }"
            )
        }
        #expect("\(error!)".contains("'origin'"), "\(error!)")
    }
}
