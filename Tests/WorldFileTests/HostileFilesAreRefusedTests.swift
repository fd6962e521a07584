import CairnBasics
import CairnWorld
import CairnWorldFile
import Testing

/// True when the text is refused, and not by a trap.
private func isRefused(_ yaml: String) -> Bool {
    do throws(WorldFileError) {
        _ = try readWorld(yaml: yaml, fileName: "hostile.yaml")
        return false
    } catch {
        #expect(error.line >= 1 && error.column >= 1)
        return true
    }
}

@Suite struct HostileFilesAreRefusedTests {
    @Test(arguments: ["[", "{", "{a: ", "- ", "? ", "[{"])
    func endlessNesting(opening: String) {
        #expect(isRefused(String(repeating: opening, count: 100_000)))
        #expect(isRefused("name: " + String(repeating: opening, count: 990)))
    }

    @Test func nestingThatIsClosedAgain() {
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(isRefused("name: \(deep)"))
        #expect(isRefused("? \(deep)\n: 1"))
    }

    @Test func aBillionLaughs() {
        var yaml = "a0: &a0 ha\n"
        for level in 1...40 {
            yaml += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
        }
        #expect(isRefused(yaml))
        #expect(isRefused("? [\"x\", &a [1]]\n: *a"))
        #expect(isRefused("'#': '\n #', &a [1]"))
    }

    @Test func aFileOfMegabytes() {
        #expect(isRefused("name: " + String(repeating: "x", count: 2_000_000)))
        #expect(isRefused(String(repeating: "- 1\n", count: 200_000)))
    }

    @Test(arguments: [
        "", " ", "\n\n", "# only a comment", "---\n...\n---\n", "a\u{0}b", "\u{feff}", "\u{7}", "~",
        "null", "!!binary aGk=", "%YAML 9.9\n---\nname: x", "name: x\n---\nname: y", "\t- x",
        "name: !!float [", "<<: *x", "<<: {name: x}", "[]: {}", "{}", "kinds: {{}: {}}",
        "name: x\nbounds: {lowest: [1e300, 0, 0], highest: [0, 0, 0]}\nkinds: {}",
        "name: x\nbounds: {lowest: [0, 0, 0], highest: [9, 9, 9]}\nkinds: {}\n"
            + "tickHertz: 99999999999999999999",
    ])
    func oddities(yaml: String) {
        #expect(isRefused(yaml))
    }

    @Test(arguments: 0..<8)
    func anyDamageIsEitherHarmlessOrReported(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scraps = Array(":-?[]{}&*#!|>'\"%@`,\n \t~09xé\u{0}\u{2028}").map(String.init)
        for _ in 0..<60 {
            var text = Array(smallWorld).map(String.init)
            for _ in 0...random.below(4) {
                let index = Int(random.below(UInt32(text.count)))
                let scrap = scraps[Int(random.below(UInt32(scraps.count)))]
                switch random.below(3) {
                case 0: text[index] = scrap
                case 1: text.insert(scrap, at: index)
                default: text.removeSubrange(index..<min(text.count, index + 9))
                }
            }
            do throws(WorldFileError) {
                let world = try readWorld(yaml: text.joined(), fileName: "damaged.yaml")
                #expect(world.faults() == [])
            } catch {
                #expect(error.line >= 1)
                #expect(!error.problem.isEmpty)
            }
        }
    }
}
