// What the person at the keyboard has chosen to look at, and how a scene becomes a screen.
//
// The owner's loop is: `handle` every key that came, `advance` once to the newest scene and the
// terminal's size, `render`, show. All of it is a pure function of what is passed in, so a test
// drives the viewer exactly as a terminal does. A frame costs O(cells + entities log entities).
public import CairnBasics

/// The state of a viewer between frames.
public struct ViewerState: Sendable {
    /// Where the map looks, unless `isFitted`.
    public var camera = Camera()
    /// True while the map shows the whole world, however large the screen is.
    public var isFitted = true
    /// The entity that the inspector shows.
    public var selection: EntityID?
    /// Nil leaves it to the width of the screen.
    public var listIsOpen: Bool?
    /// Nil leaves it to the width of the screen.
    public var inspectorIsOpen: Bool?
    public var helpIsOpen = false
    public var showsNames = true
    public var showsTrails = false
    /// The characters to draw with, as the terminal has them.
    public var repertoire: Repertoire

    /// The ids still to come when the selection steps on; see ViewerState+Selection.swift.
    var selectionOrder: [EntityID] = []
    var trails = Trails()
    /// The size of the last frame, which keys that move by parts of the map go by.
    private(set) var columns = 80
    private(set) var rows = 24
    /// The scene that stays while time is held.
    private var heldScene: Scene?

    public init(repertoire: Repertoire = .unicode) {
        self.repertoire = repertoire
    }

    /// Follows a new scene and size: moves the camera along, drops a selection that has left,
    /// remembers trails. Call it once a frame, before `render`.
    public mutating func advance(to scene: Scene, columns: Int, rows: Int) {
        self.columns = max(0, min(Screen.maximumSide, columns))
        self.rows = max(0, min(Screen.maximumSide, rows))
        let shown = heldScene ?? scene
        if let selection, shown.entity(selection) == nil { self.selection = nil }
        camera = settledCamera(shown, layout)
        if !isPaused { trails.record(shown) }
    }

    /// True while the picture is held still.
    public var isPaused: Bool { heldScene != nil }

    /// Holds the picture at this scene, or lets it go on: at once, nothing is replayed.
    mutating func togglePause(_ scene: Scene) {
        heldScene = heldScene == nil ? scene : nil
    }

    /// The scene that is on the screen when this one is the newest.
    func shownScene(_ newest: Scene) -> Scene { heldScene ?? newest }

    /// The areas of the last frame.
    var layout: Layout { layout(columns: columns, rows: rows) }

    func layout(columns: Int, rows: Int) -> Layout {
        Layout(
            columns: columns, rows: rows, showsList: showsList(columns: columns),
            showsInspector: showsInspector(columns: columns))
    }

    func showsList(columns: Int) -> Bool { listIsOpen ?? (columns >= Layout.wideColumns) }

    func showsInspector(columns: Int) -> Bool {
        inspectorIsOpen ?? (columns >= Layout.wideColumns)
    }

    /// The camera after following and fitting.
    func settledCamera(_ scene: Scene, _ layout: Layout) -> Camera {
        var settled = camera
        if isFitted {
            settled = Camera(
                fitting: scene.bounds, columns: layout.map.columns, rows: layout.map.rows)
            settled.follow = camera.follow
        }
        if let followed = settled.follow.flatMap({ scene.entity($0) }) {
            settled.centre = followed.place
        }
        return settled
    }

    func viewport(_ scene: Scene, _ layout: Layout) -> Viewport {
        Viewport(
            settledCamera(scene, layout), columns: layout.map.columns, rows: layout.map.rows)
    }
}
