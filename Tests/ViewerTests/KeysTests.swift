import CairnBasics
import CairnGeometry
import Testing

@testable import CairnViewer

@Suite struct EveryKeyDoesWhatTheHelpSays {
    private static let scene = Plaza.scene

    /// The state after some keys at 80x24.
    private func after(_ keys: ViewerKey...) -> ViewerState {
        var state = ViewerState()
        state.advance(to: Self.scene, columns: 80, rows: 24)
        state.press(keys, Self.scene)
        return state
    }

    private func centre(after key: ViewerKey) -> MapPoint { after(key).camera.centre }

    @Test func arrowsAndLettersMoveTheMap() {
        for key in [ViewerKey.left, .character("h")] { #expect(centre(after: key).x < 0) }
        for key in [ViewerKey.right, .character("l")] { #expect(centre(after: key).x > 0) }
        for key in [ViewerKey.up, .character("k")] { #expect(centre(after: key).y > 0) }
        for key in [ViewerKey.down, .character("j")] { #expect(centre(after: key).y < 0) }
    }

    @Test func plusAndMinusZoomAndZeroFitsAgain() {
        let fitted = after().camera.metresPerColumn
        #expect(after(.character("+")).camera.metresPerColumn < fitted)
        #expect(after(.character("-")).camera.metresPerColumn > fitted)
        var state = after(.character("+"), .left, .character("f"), .character("0"))
        state.advance(to: Self.scene, columns: 80, rows: 24)
        #expect(state.camera == after().camera)
        state.advance(to: Self.scene, columns: 200, rows: 60)
        #expect(state.camera.metresPerColumn < fitted, "a fitted map fits a larger screen too")
    }

    @Test func panelsOpenAndCloseOnAnyWidth() {
        for columns in [40, 80, 200] {
            var state = ViewerState()
            state.advance(to: Self.scene, columns: columns, rows: 24)
            let hadList = state.showsList(columns: columns)
            let hadInspector = state.showsInspector(columns: columns)
            state.press([.character("e"), .enter], Self.scene)
            #expect(state.showsList(columns: columns) != hadList)
            #expect(state.showsInspector(columns: columns) != hadInspector)
            state.press([.character("e"), .character("i")], Self.scene)
            #expect(state.showsList(columns: columns) == hadList)
            #expect(state.showsInspector(columns: columns) == hadInspector)
        }
    }

    @Test func questionMarkShowsTheHelpAndAnyKeyPutsItAway() {
        var state = after(.character("?"))
        for binding in ViewerState.bindings {
            #expect(state.frame(Self.scene, 80, 24).shows(binding.meaning))
        }
        let camera = state.camera
        state.press([.left], Self.scene)
        #expect(!state.helpIsOpen)
        #expect(state.camera == camera, "the key that closes the help does nothing else")
    }

    @Test func qAndControlCQuitEvenFromTheHelp() {
        var state = after(.character("?"))
        #expect(state.handle(.interrupt, scene: Self.scene) == .quit)
        #expect(state.handle(.character("q"), scene: Self.scene) == .quit)
        #expect(state.handle(.character("x"), scene: Self.scene) == .none)
    }

    @Test func spaceHoldsThePictureButNotTheStatus() {
        var state = after(.character(" "))
        var later = Self.scene
        later.entities[3].motion.position = Plaza.position(-50, -20)
        later.status.tick = Tick(9999)
        let held = state.frame(later, 80, 24)
        let before = ViewerState().render(scene: Self.scene, columns: 80, rows: 24)
        #expect(held.place(of: "Linus")! == before.place(of: "Linus")!)
        #expect(held.shows("tick 9999") && held.shows("held still"))
        state.press([.character(" ")], later)
        let moving = state.frame(later, 80, 24)
        #expect(moving.place(of: "Linus")! != before.place(of: "Linus")!)
    }

    @Test func namesAndTrailsSwitch() {
        var state = after(.character("m"), .character("t"))
        #expect(!state.frame(Self.scene, 80, 24).shows("Mira ◆"))
        var later = Self.scene
        for step in 0..<20 {
            later.entities[3].motion.position = Plaza.position(-4 * Double(step), 40)
            later.status.tick = Tick(2_000 + UInt32(step) * 10)
            state.advance(to: later, columns: 80, rows: 24)
        }
        #expect(state.trails.pictures.count == Trails.pictureCount)
        let screen = state.render(scene: later, columns: 80, rows: 24)
        #expect(screen.cells(of: "∙").count >= 6)
    }

    @Test func noKeyIsBoundTwice() {
        let keys = ViewerState.bindings.flatMap { $0.keys.map(\.0) }
        #expect(Set(keys).count == keys.count)
    }
}

@Suite struct SelectionStepsFromTheNearest {
    private static let scene = Plaza.scene

    @Test func tabGoesOutwardsFromOneselfAndShiftTabComesBack() {
        var state = ViewerState()
        var names: [String] = []
        for _ in 0..<4 {
            state.press([.tab], Self.scene)
            names.append(Self.scene.entity(state.selection!)!.name)
        }
        #expect(names == ["Ada", "Grace", "Mira", "Linus"])
        state.press([.backTab, .character("p")], Self.scene)
        #expect(Self.scene.entity(state.selection!)!.name == "Grace")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyoneIsVisitedOnceHoweverTheyMove(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var scene = Self.scene
        var state = ViewerState()
        var visited: [EntityID] = []
        for _ in scene.entities.indices {
            for index in scene.entities.indices {
                scene.entities[index].motion.position = Plaza.position(
                    Double(random.next() % 160) - 80, Double(random.next() % 160) - 80)
            }
            state.advance(to: scene, columns: 80, rows: 24)
            state.press([.character("n")], scene)
            visited.append(state.selection!)
        }
        #expect(visited.sorted() == scene.entities.map(\.id).sorted())
    }

    @Test func aSpectatorGoesOutwardsFromTheMiddleOfTheMap() {
        var scene = Self.scene
        scene.entities[0].isSelf = false
        var state = ViewerState()
        state.advance(to: scene, columns: 80, rows: 24)
        state.press([.tab], scene)
        #expect(scene.entity(state.selection!)!.name == "Robin")
    }

    @Test func whoHasLeftIsSkippedAndNoLongerSelected() {
        var scene = Self.scene
        var state = ViewerState()
        state.press([.tab], scene)
        scene.entities.removeAll { ["Ada", "Grace"].contains($0.name) }
        state.advance(to: scene, columns: 80, rows: 24)
        #expect(state.selection == nil)
        state.press([.tab], scene)
        #expect(scene.entity(state.selection!)!.name == "Mira")
    }

    @Test func selectingSomeoneOffTheMapLooksThere() {
        var scene = Self.scene
        scene.entities[1].motion.position = Plaza.position(500, 500)
        scene.entities.removeSubrange(2...)
        var state = ViewerState()
        state.advance(to: scene, columns: 80, rows: 24)
        state.press([.tab], scene)
        #expect(state.frame(scene, 80, 24).shows("Ada"))
    }

    @Test func anEmptyWorldHasNothingToSelect() {
        var scene = Self.scene
        scene.entities = []
        var state = ViewerState()
        state.press([.tab, .backTab, .enter, .character("f"), .escape], scene)
        #expect(state.selection == nil)
    }

    @Test func escapeLetsGoOfTheSelectionFirstAndThenOfTheFollowed() {
        var state = ViewerState()
        state.press([.tab, .character("f"), .escape], Self.scene)
        #expect(state.selection == nil && state.camera.follow != nil)
        state.press([.escape], Self.scene)
        #expect(state.camera.follow == nil)
    }
}
