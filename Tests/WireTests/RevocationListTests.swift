import CairnBasics
import CairnWire
import Foundation
import Testing

@Suite struct RevocationListTests {
    private let now: UInt64 = 1_764_000_000_000

    private func list(_ text: String) throws(RevocationTextError) -> RevocationList {
        try list(Array(text.utf8))
    }

    private func list(_ text: [UInt8]) throws(RevocationTextError) -> RevocationList {
        try RevocationList(text: text.rawBytes, wallMilliseconds: now)
    }

    private func fault(_ text: String) -> RevocationTextError? {
        do throws(RevocationTextError) {
            _ = try list(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let later = now + 60_000
        let lines = [
            RevocationList.line(.token(0xab), untilMilliseconds: later),
            RevocationList.line(.identity(42), untilMilliseconds: RevocationList.forGood),
            "# a comment", "", "  identity\t43   until 2099-01-01T00:00:00Z # and why\r",
        ]
        let list = try self.list(lines.joined(separator: "\n"))
        #expect(list.count == 3)
        #expect(list.revokes(token: 0xab, of: 1, wallMilliseconds: now))
        #expect(!list.revokes(token: 0xab, of: 1, wallMilliseconds: later))
        #expect(list.revokes(token: 1, of: 42, wallMilliseconds: .max - 1))
        #expect(list.revokes(token: 1, of: 43, wallMilliseconds: now))
        #expect(!list.revokes(token: 1, of: 1, wallMilliseconds: now))
    }

    @Test func whatHasHadItsTimeIsLeftOut() throws {
        let old = RevocationList.line(.token(1), untilMilliseconds: now - 1_000)
        #expect(try list(old).count == 0)
    }

    @Test func ofTwoTimesTheLaterHolds() throws {
        let list = try self.list(
            "identity 1 until 2030-01-01T00:00:00Z\nidentity 1 until 2029-01-01T00:00:00Z")
        #expect(list.count == 1)
        let between = try #require(CalendarTime.milliseconds("2029-06-01T00:00:00Z"))
        #expect(list.revokes(token: 0, of: 1, wallMilliseconds: between))
    }

    @Test(arguments: [
        ("identity", "an entry is"), ("identity 1 2", "an entry is"),
        ("identity 1 from 2030-01-01T00:00:00Z", "an entry is"),
        ("identity -1", "no identity"), ("identity +1", "no identity"),
        ("identity 18446744073709551616", "no identity"), ("token 1", "no token id"),
        ("token 00000000000000zz", "no token id"), ("token +000000000000001", "no token id"),
        ("player 1", "cannot be revoked"), ("identity 1 until tomorrow", "no time"),
        ("identity 1 until 2030-02-30T00:00:00Z", "no time"),
    ]) func aBrokenLineIsNamed(line: String, what: String) throws {
        let error = try #require(fault("identity 9\n# fine\n\(line)\nidentity 10"))
        #expect(error.line == 3 && error.what.contains(what), "\(error)")
    }

    @Test func anotherEncodingIsNamedToo() throws {
        let error = #expect(throws: RevocationTextError.self) {
            try list(Array("identity 1\n".utf8) + [0xff, 0xfe])
        }
        #expect(error?.line == 2)
    }

    @Test func aListHasACap() throws {
        let lines = (0..<RevocationList.maximumEntries).map { "identity \($0)\n" }.joined()
        #expect(try list(lines).count == RevocationList.maximumEntries)
        // One that is there already takes no room, one that is over neither.
        #expect(try list(lines + "identity 7\nidentity 70000 until 2001-01-01T00:00:00Z").count > 0)
        let error = try #require(fault(lines + "token 0000000000000001"))
        #expect(error.line == RevocationList.maximumEntries + 1)
        #expect(error.what.contains("more than 65536"))
    }

    @Test func noBytesTrapTheReader() {
        let alphabet = Array("token identity until 0123456789abcdef-:TZ#\n\r\t ".utf8) + [0, 0xff]
        var random = SeededRandom(seed: 4)
        var read = 0
        for _ in 0..<20_000 {
            let text = (0..<Int(random.next() % 60)).map { _ in
                alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            if (try? list(text)) != nil { read += 1 }
        }
        #expect(read > 0 && read < 20_000)
    }
}

@Suite struct CalendarTimeTests {
    @Test func everyDayOfFourCenturiesIsTheSystemsDay() throws {
        for day in stride(from: UInt64(0), to: 146_097, by: 1) {
            let milliseconds = (day * 86_400 + 45_296) * 1_000
            let text = CalendarTime.text(milliseconds)
            #expect(CalendarTime.milliseconds(text) == milliseconds)
            if day % 97 == 0 {
                let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
                #expect(date.ISO8601Format() == text)
            }
        }
    }

    @Test(arguments: [
        "", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01 00:00:00Z", "2030-13-01T00:00:00Z",
        "2030-00-01T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-01T24:00:00Z",
        "2030-01-01T00:60:00Z", "2030-01-01T00:00:60Z", "2029-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z", "203O-01-01T00:00:00Z", "+030-01-01T00:00:00Z",
    ]) func whatIsNoTimeIsNone(text: String) {
        #expect(CalendarTime.milliseconds(text) == nil)
    }

    @Test func theEndsHold() {
        #expect(CalendarTime.milliseconds("1970-01-01T00:00:00Z") == 0)
        #expect(CalendarTime.milliseconds("2028-02-29T23:59:59Z") == 1_835_481_599_000)
        #expect(CalendarTime.text(.max) == "9999-12-31T23:59:59Z")
        #expect(CalendarTime.milliseconds("9999-12-31T23:59:59Z") == 253_402_300_799_000)
    }
}
