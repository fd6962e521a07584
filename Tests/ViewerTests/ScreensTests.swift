import CairnBasics
import CairnGeometry
import Testing

@testable import CairnViewer

@Suite struct AScreenOfEverySizeShowsTheWorld {
    @Test func eightyByTwentyFourShowsTheWholePlaza() {
        var state = ViewerState()
        #expect(state.frame(Plaza.scene, 80, 24).plainText == Golden.small)
    }

    @Test func anASCIITerminalGetsTheSameMapInASCII() {
        var state = ViewerState(repertoire: .ascii)
        let screen = state.frame(Plaza.scene, 80, 24)
        #expect(screen.plainText == Golden.smallASCII)
        #expect(screen.plainText.unicodeScalars.allSatisfy { $0.isASCII })
    }

    @Test func aWideScreenOpensTheListAndTheInspector() {
        var state = ViewerState()
        state.advance(to: Plaza.scene, columns: 200, rows: 60)
        state.press([.tab, .tab, .tab], Plaza.scene)
        let screen = state.frame(Plaza.scene, 200, 60)
        let side = (1..<55).map { screen.line($0, from: 161, to: 200) }
        #expect(side.filter { $0 != "│" }.joined(separator: "\n") == Golden.side)
        let top = (2..<20).map { screen.line($0, from: 20, to: 100) }
        #expect(top.joined(separator: "\n") == Golden.wideTop)
    }

    @Test func aTinyScreenKeepsItsMapBetweenItsTwoLines() {
        var state = ViewerState()
        let screen = state.frame(Plaza.scene, 20, 5)
        #expect(screen.plainText == Golden.tiny)
    }

    @Test(arguments: [(0, 0), (1, 1), (0, 24), (80, 0), (1, 60), (200, 1), (3, 3), (2, 40)])
    func noSizeIsTooSmall(columns: Int, rows: Int) {
        var state = ViewerState()
        state.listIsOpen = true
        state.inspectorIsOpen = true
        state.press([.tab, .character("?")], Plaza.scene)
        let screen = state.frame(Plaza.scene, columns, rows)
        #expect(screen.columns == columns && screen.rows == rows)
    }

    @Test func aNegativeOrEndlessSizeIsHeldWithinReason() {
        var state = ViewerState()
        let none = state.frame(Plaza.scene, -5, .min)
        #expect(none.columns == 0 && none.rows == 0)
        let endless = state.frame(Plaza.scene, .max, 2)
        #expect(endless.columns == Screen.maximumSide && endless.rows == 2)
    }

    @Test(arguments: [20, 59, 60, 80, 109, 110, 200], [1, 2, 3, 5, 9, 24, 40, 60])
    func areasNeitherOverlapNorLeaveTheScreen(columns: Int, rows: Int) {
        for (list, inspector) in [(false, false), (true, false), (false, true), (true, true)] {
            let layout = Layout(
                columns: columns, rows: rows, showsList: list, showsInspector: inspector)
            let areas = [
                layout.header, layout.map, layout.divider, layout.list, layout.rule,
                layout.inspector, layout.speech, layout.status,
            ].filter { !$0.isEmpty }
            var covered = Array(repeating: 0, count: columns * rows)
            for area in areas {
                for row in area.row..<area.endRow {
                    for column in area.column..<area.endColumn {
                        #expect(column < columns && row < rows)
                        covered[row * columns + column] += 1
                    }
                }
            }
            #expect(covered.allSatisfy { $0 == 1 }, "every cell belongs to one area")
        }
    }
}

@Suite struct TheMapTellsThingsApart {
    @Test func severalInOneCellShowTheirNumber() {
        var scene = Plaza.scene
        scene.zones = []
        scene.entities = (1...3).map { Plaza.entity($0, "A\($0)", .avatar, 0, 0) }
        scene.entities.append(Plaza.entity(9, "bench", .object, 0, 0))
        var state = ViewerState()
        let count = state.frame(scene, 80, 24).cells(of: "3").filter { $0.row < 20 }
        #expect(count.count == 1, "a bench is no person")
    }

    @Test func aDozenInOneCellTakeTwoCellsOrAPlus() {
        var scene = Plaza.scene
        scene.zones = []
        scene.entities = (1...12).map { Plaza.entity($0, "", .avatar, 0, 0) }
        var state = ViewerState()
        state.showsNames = false
        #expect(state.frame(scene, 80, 24).shows(" 12 "))
        scene.entities.append(Plaza.entity(13, "", .npc, 6, 0))
        let crowded = state.frame(scene, 80, 24)
        #expect(crowded.shows("+◆"))
    }

    @Test func theSelectedOneShowsReversedWhoeverSharesItsCell() throws {
        var state = ViewerState()
        state.selection = Plaza.scene.entities[2].id
        let screen = state.frame(Plaza.scene, 80, 24)
        let name = try #require(screen.place(of: "Grace"))
        let mark = screen[name.column - 2, name.row]
        #expect(mark.character == "●")
        #expect(mark.style.emphasis.contains(.reverse))
    }

    @Test(arguments: [
        (1.0, 0.0, "→"), (1, 1, "↗"), (0, 1, "↑"), (-1, 1, "↖"), (-1, 0, "←"), (-1, -1, "↙"),
        (0, -1, "↓"), (1, -1, "↘"), (0, 0, "●"),
    ])
    func anArrowPointsWhereAnAvatarWalks(x: Double, y: Double, mark: String) {
        let entity = Plaza.entity(1, "", .avatar, 0, 0, velocity: (x, y))
        #expect(String(Glyphs.unicode.mark(of: entity)) == mark)
    }

    @Test func rolesHaveTheirOwnMarksAndInks() {
        let entities = SceneRole.allCases.map { Plaza.entity(1, "", $0, 0, 0) }
        for glyphs in [Glyphs.unicode, Glyphs.ascii] {
            #expect(Set(entities.map { glyphs.mark(of: $0) } + [glyphs.anchor]).count == 5)
        }
        #expect(Set(entities.map(\.ink)).count == 4)
    }

    @Test func everyMarkTakesOneColumn() {
        for glyphs in [Glyphs.unicode, Glyphs.ascii] {
            let marks =
                glyphs.arrows + [
                    glyphs.avatar, glyphs.own, glyphs.npc, glyphs.device, glyphs.object,
                    glyphs.anchor, glyphs.gridPoint, glyphs.trail, glyphs.noGo, glyphs.water,
                    glyphs.outline.across, glyphs.outline.upright, glyphs.outline.turn,
                    glyphs.horizontal, glyphs.vertical, glyphs.north,
                ]
            #expect(marks.allSatisfy { !DisplayText.isWide($0) })
            #expect(marks.allSatisfy { DisplayText.displayable($0, glyphs.repertoire) == $0 })
        }
    }

    @Test func aPondIsWaterAndARoadIsForbidden() throws {
        var state = ViewerState()
        let screen = state.frame(Plaza.scene, 80, 24)
        let water = try #require(screen.cells(of: "~").first)
        #expect(screen[water.column, water.row].style.ink == .water)
        let road = try #require(screen.cells(of: "╱").first)
        #expect(screen[road.column, road.row].style.ink == .noGo)
    }

    @Test func theWorldsGlyphIsUsedOnlyIfItFitsOneCell() {
        var kiosk = Plaza.entity(1, "", .object, 0, 0)
        for (glyph, mark) in [("¤", "¤"), ("漢", "▪"), ("\u{1b}", "▪"), ("ab", "▪"), ("", "▪")] {
            kiosk.glyph = glyph
            #expect(String(Glyphs.unicode.mark(of: kiosk)) == mark)
        }
    }

    @Test func namesNeverCoverMarks() {
        var scene = Plaza.scene
        scene.zones = []
        scene.entities = (0..<20).map {
            Plaza.entity($0 + 1, "somebody", .npc, Double($0) * 6 - 60, 0)
        }
        var state = ViewerState()
        #expect(state.frame(scene, 80, 24).cells(of: "◆").count == 20)
    }
}

@Suite struct TheLinesAroundTheMapTellHowItGoes {
    @Test func aClosedConnectionSaysWhy() {
        var scene = Plaza.scene
        scene.status.connection = .closed(reason: "the server is going down for repair")
        var state = ViewerState()
        #expect(state.frame(scene, 80, 24).shows("the server is going down for repair"))
    }

    @Test func whoReconnectsSaysSoOverTheWorldThatWasKnown() {
        var scene = Plaza.scene
        scene.status.connection = .reconnecting
        var state = ViewerState()
        let screen = state.frame(scene, 80, 24)
        #expect(screen.shows("no answer; reconnecting to"))
        #expect(screen.shows("Ada"))
    }

    @Test func lossAndDivergenceAreColouredWhenTheyMatter() throws {
        var scene = Plaza.scene
        scene.status.lossRatio = 0.2
        scene.status.divergenceCount = 3
        var state = ViewerState()
        let screen = state.frame(scene, 80, 24)
        let loss = try #require(screen.place(of: "loss 20.0%"))
        #expect(screen[loss.column, loss.row].style.ink == .alarm)
        #expect(screen.shows("3 out of step"), "divergence goes before all other figures")
    }

    @Test func timeThatIsSlowedIsAFigureAndTimeAsItIsIsNone() throws {
        var scene = Plaza.scene
        var state = ViewerState()
        #expect(!state.frame(scene, 80, 24).shows("time at"))
        scene.status.timeScale = 0.42
        let screen = state.frame(scene, 80, 24)
        let slowed = try #require(screen.place(of: "time at 42%"))
        #expect(screen[slowed.column, slowed.row].style.ink == .warning)
    }

    @Test func figuresThatAreNotNumbersDoNotTrap() {
        var scene = Plaza.scene
        scene.status.bytesPerSecond = .nan
        scene.status.packetsPerSecond = .infinity
        scene.status.lossRatio = -.infinity
        scene.status.hertz = .min
        scene.status.roundTrip = TimeSpan(nanoseconds: .min)
        var state = ViewerState()
        #expect(state.frame(scene, 200, 24).shows("- pkt/s"))
    }

    @Test func speechFadesAndGoes() throws {
        var state = ViewerState()
        var scene = Plaza.scene
        let screen = state.frame(scene, 80, 24)
        let old = try #require(screen.place(of: "Welcome"))
        let new = try #require(screen.place(of: "Is the fountain"))
        #expect(screen[old.column, old.row].style.ink == .muted)
        #expect(screen[new.column, new.row].style.ink == .text)
        scene.speech[0].age = .seconds(60)
        #expect(!state.frame(scene, 80, 24).shows("Welcome"))
    }

    @Test func lengthsAndRatesReadWell() {
        #expect(Measures.length(0.44) == "0.4 m")
        #expect(Measures.length(12.4) == "12 m")
        #expect(Measures.length(3_440) == "3.4 km")
        #expect(Measures.byteRate(812) == "812 B/s")
        #expect(Measures.byteRate(18_432) == "18.4 kB/s")
        #expect(Measures.fixed(-0.04, decimals: 1) == "0.0")
        #expect(Measures.fixed(-1.25, decimals: 1) == "-1.3")
        #expect(Measures.fixed(2.005, decimals: 0) == "2")
        #expect(Measures.bearing(0) == 90 && Measures.compassPoint(0) == "E")
        #expect(Measures.bearing(.pi / 2) == 0 && Measures.compassPoint(-.pi) == "W")
        #expect(Measures.roundLength(notAbove: 42) == 20)
        #expect(Measures.roundLength(notAbove: 5) == 5)
    }
}
