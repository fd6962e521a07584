// A scene and a state become a screen.

extension ViewerState {
    /// Draws a frame of any size, none included. `advance` must have seen the scene before.
    /// - Complexity: O(cells + zones × rows × corners + entities log entities).
    public func render(scene newest: Scene, columns: Int, rows: Int) -> Screen {
        let scene = shownScene(newest)
        let glyphs = Glyphs.of(repertoire)
        let blank = Screen(columns: columns, rows: rows)
        let layout = layout(columns: blank.columns, rows: blank.rows)
        var settled = self
        settled.camera = settledCamera(scene, layout)
        var drawing = MapDrawing(
            screen: blank, area: layout.map, viewport: viewport(scene, layout), glyphs: glyphs)
        drawing.draw(scene, settled)
        var screen = drawing.screen
        // The connection is told as it is now, even while the picture is held.
        screen.drawHeader(
            layout.header, newest.status, notes: settled.notes(scene, glyphs), glyphs)
        screen.drawDivider(layout.divider, glyphs)
        if !layout.rule.isEmpty { screen.drawRule(layout.rule, glyphs) }
        if !layout.list.isEmpty {
            screen.drawList(
                layout.list, scene, order: nearestFirst(scene), state: settled, glyphs)
        }
        if !layout.inspector.isEmpty {
            screen.drawInspector(layout.inspector, scene, state: settled, glyphs)
        } else if selection != nil {
            screen.drawGlance(layout.map, scene, state: settled, glyphs)
        }
        screen.drawSpeech(layout.speech, scene.speech, glyphs)
        screen.drawStatus(layout.status, newest.status, glyphs)
        if let banner = newest.status.banner {
            screen.drawBanner(
                layout.map, DisplayText(banner.text, repertoire), Style(banner.ink, .bold))
        }
        if helpIsOpen { screen.drawHelp(screen.area, glyphs) }
        return screen
    }
}

extension ViewerState {
    /// What differs from just looking: said beside the world's name.
    private func notes(_ scene: Scene, _ glyphs: Glyphs) -> [String] {
        var notes: [String] = []
        if isPaused { notes.append("held still") }
        if let followed = camera.follow.flatMap({ scene.entity($0) }) {
            notes.append("following \(followed.label(glyphs.repertoire).string)")
        }
        return notes
    }
}

extension SceneStatus {
    /// What the map says instead of a world.
    fileprivate var banner: (text: String, ink: Ink)? {
        switch connection {
        case .connected: nil
        case .connecting: ("connecting to \(serverAddress) ...", .warning)
        case .reconnecting: ("no answer; reconnecting to \(serverAddress) ...", .warning)
        case .closed(let reason): (reason.isEmpty ? "closed" : reason, .alarm)
        }
    }
}
