// Which part of the world is on the screen, and how large.
//
// The camera is in metres, the viewport in cells. The viewport lies on a lattice of cells that is
// fixed to the world, so that when the camera follows someone the ground scrolls by whole cells
// instead of shimmering, and a place is in the same cell as its neighbours from frame to frame.
public import CairnBasics

/// Where the map looks.
public struct Camera: Equatable, Sendable {
    /// The middle of the map in metres.
    public var centre: MapPoint
    /// The width of one character cell in metres; always within `scaleLimits`.
    public private(set) var metresPerColumn: Double
    /// The entity that the centre stays on, while it is in view.
    public var follow: EntityID?

    /// A character cell is about twice as tall as wide, so that a row shows twice the metres.
    public static let rowsToColumns = 2.0
    /// From five centimetres a cell, where a table fills the screen, to all of the ±2,097 km.
    public static let scaleLimits = 0.05...50_000.0
    /// One press of + or -: two presses double the scale.
    static let zoomStep = 2.0.squareRoot()

    public init(
        centre: MapPoint = .origin, metresPerColumn: Double = 1, follow: EntityID? = nil
    ) {
        self.centre = centre
        self.metresPerColumn = Self.held(metresPerColumn)
        self.follow = follow
    }

    /// The camera that shows all of `bounds` on a map of this many cells, with a little air.
    public init(fitting bounds: SceneBounds, columns: Int, rows: Int) {
        let low = MapPoint(bounds.lowest)
        let high = MapPoint(bounds.highest)
        let middle = MapPoint(x: (low.x + high.x) / 2, y: (low.y + high.y) / 2)
        // Two cells of margin on each side keep the frame of the world off the edge.
        let across = abs(high.x - low.x) / Double(max(1, columns - 4))
        let upward = abs(high.y - low.y) / Double(max(1, rows - 2)) / Self.rowsToColumns
        self.init(centre: middle, metresPerColumn: max(across, upward))
    }

    /// Moves by whole cells, right and up; lets go of who was followed.
    public mutating func pan(columns: Int, rows: Int) {
        follow = nil
        centre.x += Double(columns) * metresPerColumn
        centre.y += Double(rows) * metresPerColumn * Self.rowsToColumns
    }

    /// Divides the metres a cell by `factor`, around the centre.
    public mutating func zoom(by factor: Double) {
        metresPerColumn = Self.held(metresPerColumn / factor)
    }

    private static func held(_ scale: Double) -> Double {
        guard scale == scale else { return 1 }
        return max(scaleLimits.lowerBound, min(scaleLimits.upperBound, scale))
    }
}

/// A camera over a map of some columns and rows: the mapping between places and cells.
public struct Viewport: Equatable, Sendable {
    public let columns: Int
    public let rows: Int
    public let metresPerColumn: Double
    /// The lattice cell that is drawn at column 0 and at row 0.
    private let firstColumn: Int
    private let firstRow: Int

    public init(_ camera: Camera, columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
        metresPerColumn = camera.metresPerColumn
        firstColumn = wholeNumber(below: camera.centre.x / metresPerColumn) - self.columns / 2
        firstRow =
            wholeNumber(below: camera.centre.y / metresPerColumn / Camera.rowsToColumns)
            + self.rows / 2
    }

    /// The height of a cell in metres.
    public var metresPerRow: Double { metresPerColumn * Camera.rowsToColumns }

    /// The column of a place, which may lie outside of the map.
    public func column(ofX x: Double) -> Int {
        wholeNumber(below: x / metresPerColumn) - firstColumn
    }

    /// The row of a place, counted downwards; may lie outside of the map.
    public func row(ofY y: Double) -> Int {
        firstRow - wholeNumber(below: y / metresPerRow)
    }

    /// The cell of a place, or nil when it is outside of the map.
    public func cell(of place: MapPoint) -> (column: Int, row: Int)? {
        let column = column(ofX: place.x)
        let row = row(ofY: place.y)
        guard column >= 0, column < columns, row >= 0, row < rows else { return nil }
        return (column, row)
    }

    /// The middle of a cell in metres.
    public func centre(ofColumn column: Int, row: Int) -> MapPoint {
        MapPoint(
            x: (Double(firstColumn + column) + 0.5) * metresPerColumn,
            y: (Double(firstRow - row) + 0.5) * metresPerRow)
    }

    /// A number that alternates from cell to cell and stays with the ground when the map moves.
    func pattern(column: Int, row: Int) -> Int {
        (firstColumn + column) + (firstRow - row)
    }
}
