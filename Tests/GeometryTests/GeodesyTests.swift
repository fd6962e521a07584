import CairnBasics
import CairnGeometry
import Testing

/// A place and its ECEF coordinates as PROJ 9 (`+proj=cart +ellps=WGS84`) gives them, to 1 µm.
struct KnownPlace: Sendable, CustomTestStringConvertible {
    let name: String
    let latitude, longitude, height: Double
    let ecef: Vector3

    var testDescription: String { name }
    var place: GeodeticPosition {
        GeodeticPosition(
            latitudeDegrees: latitude, longitudeDegrees: longitude, heightMetres: height)!
    }

    init(_ name: String, _ latitude: Double, _ longitude: Double, _ height: Double, _ ecef: Vector3)
    {
        self.name = name
        self.latitude = latitude
        self.longitude = longitude
        self.height = height
        self.ecef = ecef
    }

    static let all = [
        KnownPlace("off Africa", 0, 0, 0, Vector3(6_378_137, 0, 0)),
        KnownPlace("North pole", 90, 0, 0, Vector3(0, 0, 6356752.314245)),
        KnownPlace(
            "Jungfraujoch", 46.5474, 7.98, 3571,
            Vector3(4354228.974589, 610397.117006, 4609898.141529)),
        KnownPlace(
            "Sydney", -33.8568, 151.2153, 24.5,
            Vector3(-4646986.468962, 2553086.716984, -3533280.776909)),
        KnownPlace(
            "Dead Sea", 31.5, 35.48, -410,
            Vector3(4432238.122211, 3159150.999613, 3313072.793149)),
        KnownPlace(
            "geostationary", 0.05, -75.2, 35_786_000,
            Vector3(10770645.836667, -40765258.305377, 36757.885446)),
        KnownPlace(
            "deep inside", 12.25, -140.5, -5_900_000,
            Vector3(-361266.751278, -297805.328065, 92593.109772)),
        KnownPlace(
            "near the South pole", -89.99, 139.27, 2835,
            Vector3(-846.783881, 729.120788, -6359587.216731)),
    ]
}

@Suite struct GeodesyTests {
    @Test(arguments: KnownPlace.all)
    func knownPlacesHaveTheirKnownCoordinates(known: KnownPlace) throws {
        #expect(distance(known.place.ecef, known.ecef) < 1e-6)
        let back = try #require(GeodeticPosition(ecef: known.ecef))
        #expect(distance(back.ecef, known.ecef) < 1e-8)
        #expect(abs(back.heightMetres - known.height) < 1e-6)
        #expect(abs(back.latitudeDegrees - known.latitude) < 1e-10)
    }

    @Test(arguments: 0..<20)
    func placesSurviveTheWayToECEFAndBackToAMicrometre(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let ranges = [-500.0...9_000, -10_000...1_000_000, -5_999_000...40_000_000]
        for range in ranges {
            for _ in 0..<500 {
                let place = random.place(heights: range)
                let back = try #require(GeodeticPosition(ecef: place.ecef))
                #expect(distance(back.ecef, place.ecef) < 1e-6, "\(place)")
                #expect(abs(back.heightMetres - place.heightMetres) < 1e-6, "\(place)")
                // A latitude is an arc; a metre of it is about 9e-6 degrees at the surface.
                let arc = radians(degrees: back.latitudeDegrees - place.latitudeDegrees)
                #expect(abs(arc) * max(1e5, 6.4e6 + place.heightMetres) < 1e-6, "\(place)")
            }
        }
    }

    @Test func pointsOnTheAxisAndTheEquatorHavePlaces() throws {
        let south = try #require(GeodeticPosition(ecef: Vector3(0, 0, -6_356_752.314245179)))
        #expect(south.latitudeDegrees == -90 && abs(south.heightMetres) < 1e-8)
        let west = try #require(GeodeticPosition(ecef: Vector3(0, -6_378_137, 0)))
        #expect(west.longitudeDegrees == -90 && west.latitudeDegrees == 0)
        #expect(abs(west.heightMetres) < 1e-8)
        for deep in [0, 1, 20_000, 42_000, 43_000, 299_999, 350_000.0] {
            for axis in [Vector3(1, 0, 0), Vector3(0, -1, 0), Vector3(0, 0, -1)] {
                #expect(GeodeticPosition(ecef: axis * deep) == nil, "\(deep) m from the centre")
            }
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e9])
    func coordinatesThatAreNoPlaceAreRefused(value: Double) {
        #expect(GeodeticPosition(ecef: Vector3(value, 0, 6.4e6)) == nil)
        #expect(GeodeticPosition(ecef: Vector3(6.4e6, value, 0)) == nil)
        #expect(GeodeticPosition(ecef: Vector3(6.4e6, 0, value)) == nil)
        #expect(
            GeodeticPosition(latitudeDegrees: value, longitudeDegrees: 0, heightMetres: 0) == nil)
        #expect(
            GeodeticPosition(latitudeDegrees: 0, longitudeDegrees: value, heightMetres: 0) == nil)
        #expect(
            GeodeticPosition(latitudeDegrees: 0, longitudeDegrees: 0, heightMetres: value) == nil)
    }
}

@Suite struct TangentFrameTests {
    /// From the Jungfraujoch, by PROJ 9 (`+proj=topocentric`), to 1 µm.
    @Test(arguments: [
        (46.5575, 7.9622, 4107.0, Vector3(-1365.810407, 1123.615271, 535.755067)),
        (46.5474, 7.98, 3572.0, Vector3(0, 0, 1)),
        (46.5474, 9.28, 3571.0, Vector3(99751.782710, 821.547912, -778.329164)),
    ])
    func knownPlacesLieWhereTheyAreSeen(
        latitude: Double, longitude: Double, height: Double, enu: Vector3
    ) throws {
        let frame = TangentFrame(at: KnownPlace.all[2].place)
        let place = try #require(
            GeodeticPosition(
                latitudeDegrees: latitude, longitudeDegrees: longitude, heightMetres: height))
        #expect(distance(frame.enu(of: place), enu) < 1e-6)
        let back = try #require(frame.place(atENU: enu))
        #expect(distance(back.ecef, place.ecef) < 2e-6)
    }

    @Test func thePlaneRisesFromTheGroundByTheSquareOfTheDistance() throws {
        let frame = TangentFrame(at: KnownPlace.all[0].place)
        // d²/2R with R = 6,378 km to the East.
        for (metres, rise) in [(100.0, 0.000784), (1_000, 0.0784), (10_000, 7.84)] {
            let place = try #require(frame.place(atENU: Vector3(metres, 0, 0)))
            #expect(abs(place.heightMetres - rise) < rise * 0.01)
        }
    }
}
