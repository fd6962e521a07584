import CairnBasics
import CairnGeometry
import Testing

@testable import CairnViewer

@Suite struct TheCameraMapsPlacesAndCells {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func theMiddleOfACellIsInThatCell(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scales = [0.05, 0.3, 1, 2.7, 40, 50_000]
        let camera = Camera(
            centre: MapPoint(
                x: Double(Int32(truncatingIfNeeded: random.next())) / 1024,
                y: Double(Int32(truncatingIfNeeded: random.next())) / 1024),
            metresPerColumn: scales[Int(random.next() % 6)])
        let viewport = Viewport(
            camera, columns: Int(random.next() % 200) + 1, rows: Int(random.next() % 60) + 1)
        for _ in 0..<20 {
            let column = Int(random.next() % UInt64(viewport.columns))
            let row = Int(random.next() % UInt64(viewport.rows))
            let place = viewport.centre(ofColumn: column, row: row)
            let cell = viewport.cell(of: place)
            #expect(cell?.column == column && cell?.row == row)
        }
    }

    @Test func aRowIsTwiceAsManyMetresAsAColumnAndNorthIsUp() {
        let viewport = Viewport(Camera(metresPerColumn: 3), columns: 80, rows: 24)
        #expect(viewport.metresPerRow == 6)
        let northEast = MapPoint(x: 31, y: 31)
        #expect(viewport.column(ofX: northEast.x) - viewport.column(ofX: 0) == 10)
        #expect(viewport.row(ofY: 0) - viewport.row(ofY: northEast.y) == 5)
    }

    @Test(arguments: [(80, 20), (160, 53), (20, 3), (1, 1), (300, 5)])
    func fittingShowsEveryCornerOfTheWorld(columns: Int, rows: Int) {
        let bounds = SceneBounds(
            lowest: Plaza.position(-3_000, 100), highest: Plaza.position(-2_000, 420))
        let camera = Camera(fitting: bounds, columns: columns, rows: rows)
        let viewport = Viewport(camera, columns: columns, rows: rows)
        for x in [-2_999.0, -2_001] {
            for y in [101.0, 419] where columns > 3 && rows > 2 {
                #expect(viewport.cell(of: MapPoint(x: x, y: y)) != nil)
            }
        }
        #expect(viewport.cell(of: camera.centre) != nil)
    }

    @Test func zoomingInAndOutComesBackAndKeepsTheMiddle() {
        var camera = Camera(centre: MapPoint(x: 12, y: -7), metresPerColumn: 2)
        for _ in 0..<8 { camera.zoom(by: Camera.zoomStep) }
        #expect(abs(camera.metresPerColumn - 0.125) < 1e-9)
        for _ in 0..<8 { camera.zoom(by: 1 / Camera.zoomStep) }
        #expect(abs(camera.metresPerColumn - 2) < 1e-9)
        #expect(camera.centre == MapPoint(x: 12, y: -7))
    }

    @Test func noZoomLeavesTheLimits() {
        for factor in [0.0, .nan, .infinity, -1, 1e300, 1e-300] {
            var camera = Camera()
            for _ in 0..<3 { camera.zoom(by: factor) }
            #expect(Camera.scaleLimits.contains(camera.metresPerColumn))
        }
    }

    @Test func placesThatAreNoNumbersHaveCellsOutsideOfTheMapOrNone() {
        let viewport = Viewport(
            Camera(centre: MapPoint(x: .infinity, y: .nan)), columns: 80, rows: 24)
        for wild in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude] {
            _ = viewport.cell(of: MapPoint(x: wild, y: wild))
        }
        #expect(wholeNumber(below: .nan) == 0)
        #expect(wholeNumber(below: -.infinity) == -1_000_000_000_000)
        #expect(wholeNumber(below: -0.5) == -1)
        #expect(wholeNumber(below: -2) == -2)
        #expect(wholeNumber(below: 2.99) == 2)
    }

    @Test func theGroundScrollsByWholeCells() {
        // Two places of one cell stay together however the centre slides.
        for step in 0..<50 {
            let camera = Camera(
                centre: MapPoint(x: Double(step) * 0.1, y: Double(step) * -0.07),
                metresPerColumn: 1)
            let viewport = Viewport(camera, columns: 40, rows: 20)
            let one = viewport.cell(of: MapPoint(x: 3.05, y: 2.05))
            let other = viewport.cell(of: MapPoint(x: 3.95, y: 3.95))
            #expect(one?.column == other?.column && one?.row == other?.row)
        }
    }
}

@Suite struct FollowingKeepsTheFollowedInTheMiddle {
    @Test(arguments: [(80, 24), (200, 60), (20, 5), (61, 21)])
    func whereverItWalks(columns: Int, rows: Int) throws {
        var scene = Plaza.scene
        var state = ViewerState()
        let linus = scene.entities[3].id
        state.advance(to: scene, columns: columns, rows: rows)
        state.selection = linus
        state.press([.character("f"), .character("+"), .character("+")], scene)
        var random = SeededRandom(seed: 7)
        for _ in 0..<40 {
            let x = Double(random.next() % 300) - 150
            let y = Double(random.next() % 300) - 150
            scene.entities[3].motion.position = Plaza.position(x, y)
            let screen = state.frame(scene, columns, rows)
            let map = state.layout.map
            let middle = screen[map.column + map.columns / 2, map.row + map.rows / 2]
            #expect(middle.character == "←" && middle.style.emphasis.contains(.reverse))
        }
    }

    @Test func panningLetsGoAndStaysWhereItWas() {
        var scene = Plaza.scene
        var state = ViewerState()
        state.advance(to: scene, columns: 80, rows: 24)
        state.press([.character("f"), .character("+")], scene)
        #expect(state.camera.follow == scene.ownEntity?.id, "oneself when nobody is selected")
        state.advance(to: scene, columns: 80, rows: 24)
        state.press([.left, .right], scene)
        #expect(state.camera.follow == nil)
        let centre = state.camera.centre
        scene.entities[0].motion.position = Plaza.position(70, 70)
        state.advance(to: scene, columns: 80, rows: 24)
        #expect(state.camera.centre == centre)
    }

    @Test func theCameraStaysWhereTheFollowedWasLastSeen() {
        var scene = Plaza.scene
        var state = ViewerState()
        state.press([.character("f")], scene)
        state.advance(to: scene, columns: 80, rows: 24)
        scene.entities.removeFirst()
        state.advance(to: scene, columns: 80, rows: 24)
        #expect(state.camera.centre == MapPoint(x: -6, y: -4))
    }
}
