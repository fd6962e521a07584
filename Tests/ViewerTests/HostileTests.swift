import CairnBasics
import CairnGeometry
import Testing

@testable import CairnViewer

@Suite struct StrangersTextReachesNobodysTerminalRaw {
    @Test(arguments: [
        ("Ada\u{1b}[31mred", "Ada[31mred"),
        ("\u{9b}2J\u{7}\u{0}\u{7f}bell", "2Jbell"),
        ("\u{202e}evil\u{2066}\u{200f}", "evil"),
        ("ze\u{200b}ro\u{200d}wi\u{feff}dth\u{ad}", "zerowidth"),
        ("Z\u{335}\u{336}a\u{301}lgo", "Zalgo"),
        ("two\nlines\tand\u{2028}more", "two lines and more"),
        ("   much    air   ", " much air"),
        ("שלום", "????"),
        ("private \u{e000} \u{10ffff}", "private ? ?"),
        ("tag\u{e0041}\u{e007f}", "tag"),
        ("日本", "日本"),
        ("cat 🐈\u{fe0f}", "cat 🐈"),
        ("\u{115f}\u{3164}", ""),
        ("flag 🇫🇷", "flag ??"),
        ("Zoë", "Zoë"),
    ])
    func cleaned(text: String, expected: String) {
        #expect(DisplayText(text, .unicode).string == expected)
    }

    @Test func wideCharactersCountTwoColumns() {
        #expect(DisplayText("日本", .unicode).columns == 4)
        #expect(DisplayText("한글 ok", .unicode).columns == 7)
        #expect(DisplayText("ｆｕｌｌ", .unicode).columns == 8)
        #expect(DisplayText("Zoë ◆", .unicode).columns == 5)
    }

    @Test func cuttingNeverExceedsTheLimitNorSplitsAWideCharacter() {
        let text = DisplayText("a日本語b", .unicode)
        for limit in 0...9 {
            let cut = text.truncated(toColumns: limit)
            #expect(cut.columns <= limit)
            #expect(limit < 8 || cut == text)
        }
        #expect(text.truncated(toColumns: 4).string == "a日…")
        #expect(DisplayText("abcdef", .ascii).truncated(toColumns: 4).string == "ab..")
    }

    @Test func aTextWithoutEndIsLookedAtOnlyInPart() {
        let text = DisplayText(String(repeating: "日", count: 1_000_000), .unicode)
        #expect(text.columns == 2 * DisplayText.maximumScalars)
    }

    @Test func overwritingHalfOfAWideCharacterLeavesNoOtherHalf() {
        for column in 2...3 {
            var screen = Screen(columns: 6, rows: 1)
            screen.putWide("日", column: 2, row: 0, Style(.text))
            screen.put("x", column: column, row: 0, Style(.text))
            #expect(screen.plainText == (column == 2 ? "  x" : "   x"))
            #expect((0..<6).allSatisfy { !screen[$0, 0].isSecondHalf })
        }
        var edge = Screen(columns: 3, rows: 1)
        edge.putWide("日", column: 2, row: 0, Style(.text))
        #expect(edge.plainText == "")
    }

    /// Every scalar of the planes that hold letters, signs and tags.
    @Test func noScalarOfUnicodeIsDangerous() {
        for value in Array(0...0x1ffff) + Array(0xe0000...0xe0fff) as [UInt32] {
            guard let scalar = Unicode.Scalar(value),
                let shown = DisplayText.displayable(scalar, .unicode)
            else { continue }
            let category = shown.properties.generalCategory
            let isSafe =
                category != .control && category != .format && category != .nonspacingMark
                && category != .lineSeparator && category != .paragraphSeparator
                && !shown.properties.isDefaultIgnorableCodePoint
            if !isSafe || (shown.properties.isWhitespace && shown != " ") {
                Issue.record("U+\(String(value, radix: 16)) is shown as it is")
            }
        }
    }
}

@Suite struct NoSceneAndNoKeysTrapTheViewer {
    private static let keys: [ViewerKey] =
        ViewerState.bindings.flatMap { $0.keys.map(\.0) }.filter { $0 != .interrupt }
        + [.character("+"), .character("+"), .character("-"), .character("\u{1b}")]

    private static let texts = [
        "", "Ada", "\u{1b}]0;title\u{7}", "日本語の名前", "\u{202e}\u{0}", "🐈🐈🐈", "a\u{301}\u{301}",
        String(repeating: "long ", count: 100),
    ]

    @Test(arguments: 0..<60 as Range<UInt64>)
    func anyOfThem(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var state = ViewerState(repertoire: seed % 3 == 0 ? .ascii : .unicode)
        for _ in 0..<12 {
            let scene = Self.scene(&random)
            state.handle(Self.keys[Int(random.next() % UInt64(Self.keys.count))], scene: scene)
            let columns = Int(random.next() % 220)
            let rows = Int(random.next() % 70)
            let screen = state.frame(scene, columns, rows)
            #expect(screen.columns == columns && screen.rows == rows)
            #expect(Self.isWellFormed(screen, state.repertoire))
        }
    }

    /// Every cell is printable; halves of wide characters come in pairs.
    private static func isWellFormed(_ screen: Screen, _ repertoire: Repertoire) -> Bool {
        for row in 0..<screen.rows {
            for column in 0..<screen.columns {
                let cell = screen[column, row]
                let nextIsHalf = column + 1 < screen.columns && screen[column + 1, row].isSecondHalf
                if cell.isSecondHalf {
                    guard column > 0, DisplayText.isWide(screen[column - 1, row].character)
                    else { return false }
                } else {
                    guard DisplayText.displayable(cell.character, repertoire) == cell.character,
                        DisplayText.isWide(cell.character) == nextIsHalf
                    else { return false }
                }
            }
        }
        return true
    }

    private static func scene(_ random: inout SeededRandom) -> Scene {
        func text() -> String { texts[Int(random.next() % UInt64(texts.count))] }
        func coordinate() -> Int32 {
            let raw = Int32(truncatingIfNeeded: random.next())
            return raw >> Int32(random.next() % 24)
        }
        func position() -> Position {
            Position(x: coordinate(), y: coordinate(), z: coordinate())
        }
        func point() -> MapPoint {
            [MapPoint(x: .nan, y: .infinity), MapPoint(x: 1e300, y: -1e300)].randomOr(
                MapPoint(position()), &random)
        }
        let roles: [SceneZoneRole] = [.noGo, .walkable, .pointOfInterest]
        return Scene(
            bounds: SceneBounds(lowest: position(), highest: position()),
            entities: (0..<random.next() % 60).map { number in
                SceneEntity(
                    id: EntityID(raw: number + 1), name: text(),
                    role: SceneRole(rawValue: UInt8(random.next() % 4))!, glyph: text(),
                    motion: Motion(
                        position: position(),
                        velocity: Velocity(
                            x: Int16(truncatingIfNeeded: random.next()), y: .min, z: .max),
                        orientation: Orientation(bits: UInt32(truncatingIfNeeded: random.next()))),
                    isSelf: random.next() % 7 == 0, details: [SceneDetail(text(), text())])
            },
            anchors: (0..<random.next() % 5).map { _ in
                SceneAnchor(name: text(), position: position(), sigmaMetres: .infinity)
            },
            zones: (0..<random.next() % 6).map { _ in
                SceneZone(
                    name: text(), role: roles[Int(random.next() % 3)],
                    polygon: (0..<random.next() % 9).map { _ in point() })
            },
            speech: (0..<random.next() % 9).map { _ in
                SceneSpeech(
                    speaker: text(), role: .npc, text: text(),
                    age: TimeSpan(nanoseconds: Int64(truncatingIfNeeded: random.next())))
            },
            status: SceneStatus(
                connection: .closed(reason: text()), serverAddress: text(), worldName: text(),
                tick: Tick(UInt32(truncatingIfNeeded: random.next())), hertz: 20,
                bytesPerSecond: .infinity, entityCount: .max, divergenceCount: .max))
    }
}

extension [MapPoint] {
    /// Now and then one of these, else the usual.
    fileprivate func randomOr(_ usual: MapPoint, _ random: inout SeededRandom) -> MapPoint {
        let pick = Int(random.next() % 20)
        return pick < count ? self[pick] : usual
    }
}
