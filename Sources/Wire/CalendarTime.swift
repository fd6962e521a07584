/// Times as operators write them, `2026-11-25T12:00:00Z` (RFC 3339 in UTC, whole seconds), and as
/// milliseconds of Unix time. The core has no calendar of the system's, and needs no more than this.
///
/// Days are counted by Howard Hinnant's algorithm ("chrono-compatible low-level date algorithms").
public enum CalendarTime {
    /// Milliseconds of Unix time; nil when `text` is not such a time from 1970 to 9999.
    public static func milliseconds(_ text: some StringProtocol) -> UInt64? {
        let utf8 = Array(text.utf8)
        guard utf8.count == 20 else { return nil }
        for (index, byte) in "0000-00-00T00:00:00Z".utf8.enumerated() {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(utf8[index])
            guard byte == UInt8(ascii: "0") ? isDigit : utf8[index] == byte else { return nil }
        }
        func number(_ range: Range<Int>) -> Int {
            range.reduce(0) { $0 * 10 + Int(utf8[$1] - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1_970, hour < 24, minute < 60, second < 60 else { return nil }
        let days = self.days(year: year, month: month, day: day)
        // A day that there is not, such as the 31st of April, comes back as another.
        guard (1...12).contains(month), date(ofDay: days) == (year, month, day) else { return nil }
        return UInt64((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000)
    }

    /// The time as text, cut to whole seconds; times after 9999 are written as its end.
    public static func text(_ milliseconds: UInt64) -> String {
        let seconds = Int(min(milliseconds / 1_000, 253_402_300_799))
        let (year, month, day) = date(ofDay: seconds / 86_400)
        let rest = seconds % 86_400
        func digits(_ number: Int, _ count: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: count - text.utf8.count) + text
        }
        return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2) + "T"
            + digits(rest / 3_600, 2) + ":" + digits(rest / 60 % 60, 2) + ":"
            + digits(rest % 60, 2) + "Z"
    }

    /// Days since 1970-01-01; the year begins in March, so that the leap day is its last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(ofDay days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * part + 2) / 5 + 1)
    }
}
