// Numbers as people read them; total, whatever arithmetic produced them, and without Foundation.

enum Measures {
    /// A number with a fixed count of decimals, at most three; "-" when it is not finite.
    static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "-" }
        let places = max(0, min(3, decimals))
        let factor = [1, 10, 100, 1000][places]
        let scaled = wholeNumber(below: abs(value) * Double(factor) + 0.5)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % factor)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(sign)\(scaled / factor).\(zeros)\(fraction)"
    }

    /// A rate of bytes with a unit that keeps it short: "812 B/s", "18.4 kB/s", "2.1 MB/s".
    static func byteRate(_ bytesPerSecond: Double) -> String {
        let rate = max(0, bytesPerSecond)
        if rate < 1_000 { return "\(fixed(rate, decimals: 0)) B/s" }
        if rate < 1_000_000 { return "\(fixed(rate / 1e3, decimals: 1)) kB/s" }
        return "\(fixed(rate / 1e6, decimals: 1)) MB/s"
    }

    /// A length in metres: "0.4 m", "12 m", "3.4 km".
    static func length(_ metres: Double) -> String {
        if abs(metres) < 9.95 { return "\(fixed(metres, decimals: 1)) m" }
        if abs(metres) < 1_000 { return "\(fixed(metres, decimals: 0)) m" }
        return "\(fixed(metres / 1_000, decimals: 1)) km"
    }

    /// The point of the compass for a heading counted counter-clockwise from East in radians.
    static func compassPoint(_ heading: Double) -> String {
        let points = ["E", "NE", "N", "NW", "W", "SW", "S", "SE"]
        return points[wholeNumber(below: heading / (.pi / 4) + 0.5) & 7]
    }

    /// The bearing in whole degrees, clockwise from North, 0..<360.
    static func bearing(_ heading: Double) -> Int {
        let degrees = wholeNumber(below: 90 - heading * 180 / .pi + 0.5) % 360
        return degrees < 0 ? degrees + 360 : degrees
    }

    /// The largest of 1, 2 or 5 times a power of ten that is not above `metres`.
    static func roundLength(notAbove metres: Double) -> Double {
        guard metres.isFinite, metres > 1e-3 else { return 1e-3 }
        var power = 1e-3
        while power * 10 <= metres, power < 1e9 { power *= 10 }
        return [5, 2].first { $0 * power <= metres }.map { $0 * power } ?? power
    }
}
