import CairnAgents
import CairnBasics
import Testing

@Suite struct SpeechIsHarmlessTests {
    @Test func aLongTextIsCutBetweenCharactersAtTheByteLimit() throws {
        for unit in ["a", "é", "漢", "👩🏽", "e\u{301}"] {
            let cleaned = try #require(
                SpeechFilter.clean(String(repeating: unit, count: 400)))
            #expect(cleaned.utf8.count <= SpeechFilter.maximumBytes)
            #expect(cleaned.utf8.count > SpeechFilter.maximumBytes - 16)
            #expect(cleaned.allSatisfy { $0 == Character(unit) }, "no half character at the end")
        }
    }

    @Test func controlAndInvisibleCharactersAreTakenOut() {
        #expect(
            SpeechFilter.clean("Wel\u{1b}[2Jcome\u{7}\u{202e} in\u{200b}side\u{0}")
                == "Wel[2Jcome inside")
        #expect(SpeechFilter.clean(" two\r\n\tlines\u{2028}here ") == "two lines here")
    }

    @Test func nothingLeftIsNothingSaid() {
        #expect(SpeechFilter.clean("") == nil)
        #expect(SpeechFilter.clean("\u{1b}\u{200b}\n \u{7}") == nil)
    }

    @Test func noSeededNonsenseGetsThrough() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<300 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<random.below(300) {
                let bound: UInt32 = random.below(2) == 0 ? 0x300 : 0x11_0000
                if let scalar = Unicode.Scalar(random.below(bound)) { scalars.append(scalar) }
            }
            guard let cleaned = SpeechFilter.clean(String(scalars)) else { continue }
            #expect(cleaned.utf8.count <= SpeechFilter.maximumBytes)
            for scalar in cleaned.unicodeScalars {
                #expect(scalar.properties.generalCategory != .control)
                #expect(scalar.properties.generalCategory != .format)
            }
        }
    }
}
