import Testing

@testable import CairnWorldFile

@Suite struct SuggestionsTests {
    @Test(arguments: [
        ("avatar", "avatar", 0), ("avatr", "avatar", 1), ("avatarr", "avatar", 1),
        ("avtaar", "avatar", 1), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3),
        ("role", "rule", 1), ("ca", "abc", 3),
    ])
    func slipsOfATypistCount(from word: String, to other: String, distance: Int) {
        #expect(editDistance(word, other) == distance)
        #expect(editDistance(other, word) == distance)
    }

    @Test func aWordThatIsNothingLikeItGetsTheList() {
        #expect(advice(for: "zebra", among: ["avatar", "npc"]) == "choose one of avatar, npc")
        #expect(advice(for: "NPC", among: ["avatar", "npc"]) == "did you mean 'npc'?")
        #expect(advice(for: "x", among: []) == "there are none")
    }

    @Test func aWordOfAMegabyteCostsNothing() {
        #expect(nearest(to: String(repeating: "a", count: 1_000_000), among: ["a"]) == nil)
    }
}
