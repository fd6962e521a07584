// The keys and what they do. The help overlay is written from the same table, so that it cannot
// promise a key that does nothing; a test presses every one of them.

/// Something that a key makes the viewer do.
enum ViewerCommand: Hashable, Sendable {
    case panLeft, panRight, panUp, panDown
    case zoomIn, zoomOut, fit, follow
    case selectNext, selectPrevious, inspect, list, release
    case names, trails, pause, help, quit
}

/// One line of the help: some keys, what they do.
struct KeyBinding: Sendable {
    /// The keys as a person reads them.
    var caption: String
    var meaning: String
    var keys: [(ViewerKey, ViewerCommand)]
}

extension ViewerState {
    static let bindings: [KeyBinding] = [
        KeyBinding(
            caption: "arrows, hjkl", meaning: "move the map",
            keys: [
                (.left, .panLeft), (.down, .panDown), (.up, .panUp), (.right, .panRight),
                (.character("h"), .panLeft), (.character("j"), .panDown),
                (.character("k"), .panUp), (.character("l"), .panRight),
            ]),
        KeyBinding(
            caption: "+  -", meaning: "closer, farther",
            keys: [
                (.character("+"), .zoomIn), (.character("="), .zoomIn),
                (.character("-"), .zoomOut), (.character("_"), .zoomOut),
            ]),
        KeyBinding(
            caption: "0", meaning: "show the whole world", keys: [(.character("0"), .fit)]),
        KeyBinding(
            caption: "tab, n  p", meaning: "select the next, previous",
            keys: [
                (.tab, .selectNext), (.character("n"), .selectNext),
                (.backTab, .selectPrevious), (.character("p"), .selectPrevious),
            ]),
        KeyBinding(
            caption: "f", meaning: "follow the selected, or yourself",
            keys: [(.character("f"), .follow)]),
        KeyBinding(
            caption: "enter, i", meaning: "inspector",
            keys: [(.enter, .inspect), (.character("i"), .inspect)]),
        KeyBinding(caption: "e", meaning: "list of entities", keys: [(.character("e"), .list)]),
        KeyBinding(
            caption: "m  t", meaning: "names on the map, trails",
            keys: [(.character("m"), .names), (.character("t"), .trails)]),
        KeyBinding(
            caption: "space", meaning: "hold the picture still",
            keys: [(.character(" "), .pause)]),
        KeyBinding(
            caption: "escape", meaning: "let go of the selection", keys: [(.escape, .release)]),
        KeyBinding(caption: "?", meaning: "this help", keys: [(.character("?"), .help)]),
        KeyBinding(
            caption: "q", meaning: "quit",
            keys: [(.character("q"), .quit), (.interrupt, .quit)]),
    ]

    static func command(for key: ViewerKey) -> ViewerCommand? {
        for binding in bindings {
            for (bound, command) in binding.keys where bound == key { return command }
        }
        return nil
    }

    /// Does what a key asks for, given the newest scene; keys without a meaning do nothing.
    @discardableResult
    public mutating func handle(_ key: ViewerKey, scene newest: Scene) -> ViewerRequest {
        guard let command = Self.command(for: key) else { return .none }
        if command == .quit { return .quit }
        if helpIsOpen {
            // Under the help any known key but quit puts it away, so nobody is lost in it.
            helpIsOpen = false
            return .none
        }
        perform(command, shownScene(newest), newest: newest)
        return .none
    }

    private mutating func perform(_ command: ViewerCommand, _ scene: Scene, newest: Scene) {
        switch command {
        case .panLeft: pan(scene, columns: -1, rows: 0)
        case .panRight: pan(scene, columns: 1, rows: 0)
        case .panUp: pan(scene, columns: 0, rows: 1)
        case .panDown: pan(scene, columns: 0, rows: -1)
        case .zoomIn: zoom(scene, by: Camera.zoomStep)
        case .zoomOut: zoom(scene, by: 1 / Camera.zoomStep)
        case .fit: fit()
        case .follow: toggleFollow(scene)
        case .selectNext: selectNext(scene)
        case .selectPrevious: selectPrevious(scene)
        case .inspect: inspectorIsOpen = !showsInspector(columns: columns)
        case .list: listIsOpen = !showsList(columns: columns)
        case .release: release()
        case .names: showsNames.toggle()
        case .trails: showsTrails.toggle()
        case .pause: togglePause(newest)
        case .help: helpIsOpen = true
        case .quit: break
        }
    }

    /// Moves an eighth of the map.
    private mutating func pan(_ scene: Scene, columns: Int, rows: Int) {
        let map = layout.map
        camera = settledCamera(scene, layout)
        isFitted = false
        camera.pan(
            columns: columns * max(1, map.columns / 8), rows: rows * max(1, map.rows / 8))
    }

    private mutating func zoom(_ scene: Scene, by factor: Double) {
        camera = settledCamera(scene, layout)
        isFitted = false
        camera.zoom(by: factor)
    }

    private mutating func fit() {
        isFitted = true
        camera.follow = nil
    }

    private mutating func toggleFollow(_ scene: Scene) {
        let wanted = selection ?? scene.ownEntity?.id
        camera = settledCamera(scene, layout)
        isFitted = false
        camera.follow = camera.follow == wanted ? nil : wanted
    }

    /// Lets go of what is held most tightly: the selection, else who is followed.
    private mutating func release() {
        if selection == nil { camera.follow = nil }
        selection = nil
        selectionOrder = []
    }
}
