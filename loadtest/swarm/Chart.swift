// Plots as inline SVG: lines over time, and distributions as values over percentiles. Colours come from
// the page's style, so that a plot is right in light and in dark.

import Foundation

/// One line of a plot.
struct Curve {
    var name: String
    /// Which of the page's series colours.
    var colour: Int
    var points: [(x: Double, y: Double)]
}

struct Chart {
    var title: String
    var unit: String
    var curves: [Curve]
    /// A line that should not be crossed, with what it is.
    var limit: (y: Double, name: String)?
    /// Marks of the x axis; evenly spaced seconds without it.
    var marks: [(x: Double, name: String)]?
    var caption = ""

    private static let width = 520.0
    private static let height = 210.0
    private static let left = 56.0
    private static let bottom = 26.0
    private static let top = 12.0
    private static let right = 20.0

    var svg: String {
        let drawn = curves.filter { !$0.points.isEmpty }
        guard !drawn.isEmpty else {
            return figure("<p class=\"empty\">Nothing was measured.</p>")
        }
        let xs = drawn.flatMap { $0.points.map(\.x) }
        let ys = drawn.flatMap { $0.points.map(\.y) }
        let highest = ys.max() ?? 0
        // A limit far above everything would flatten the curves, so it is named but not drawn.
        let showsLimit = limit.map { $0.y <= max(highest, 1e-9) * 4 } ?? false
        let roof = Self.nice(max(highest, showsLimit ? limit?.y ?? 0 : 0) * 1.05)
        let low = xs.min() ?? 0
        let plot = Plot(xs: low...max(low + 1e-9, xs.max() ?? 1), roof: roof)
        var body = grid(plot)
        if showsLimit, let limit {
            let y = plot.y(limit.y)
            body += line(plot.x(plot.xs.lowerBound), y, plot.x(plot.xs.upperBound), y, "limit")
            body += text(plot.x(plot.xs.upperBound) - 4, y - 4, "end limit", limit.name)
        }
        for curve in drawn {
            let points = curve.points.map { "\(Self.f(plot.x($0.x))),\(Self.f(plot.y($0.y)))" }
            let path = points.joined(separator: " ")
            body += "<polyline class=\"curve c\(curve.colour)\" points=\"\(path)\"/>"
        }
        let svg =
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
            + "aria-label=\"\(escaped(title))\">\(body)</svg>"
        return figure(svg)
    }

    private func figure(_ body: String) -> String {
        let keys = curves.map { "<span class=\"key c\($0.colour)\">\(escaped($0.name))</span>" }
        let note = caption.isEmpty ? "" : "<figcaption>\(escaped(caption))</figcaption>"
        return """
            <figure><header><h3>\(escaped(title)) <small>\(escaped(unit))</small></h3>\
            <div class="keys">\(keys.joined())</div></header>\(body)\(note)</figure>

            """
    }

    private func grid(_ plot: Plot) -> String {
        var body = ""
        for step in 0...4 {
            let value = plot.roof * Double(step) / 4
            let y = plot.y(value)
            body += line(Self.left, y, Self.width - Self.right, y, step == 0 ? "axis" : "grid")
            body += text(Self.left - 8, y + 4, "end", Self.short(value))
        }
        let marks = self.marks ?? Self.seconds(plot.xs)
        for mark in marks where plot.xs.contains(mark.x) {
            let x = plot.x(mark.x)
            body += line(x, Self.height - Self.bottom, x, Self.height - Self.bottom + 4, "axis")
            body += text(x, Self.height - 8, "middle", mark.name)
        }
        return body
    }

    /// From values to places in the picture.
    private struct Plot {
        let xs: ClosedRange<Double>
        let roof: Double

        func x(_ value: Double) -> Double {
            let width = Chart.width - Chart.left - Chart.right
            return Chart.left + (value - xs.lowerBound) / (xs.upperBound - xs.lowerBound) * width
        }

        func y(_ value: Double) -> Double {
            let height = Chart.height - Chart.bottom - Chart.top
            return Chart.height - Chart.bottom - min(1.02, value / roof) * height
        }
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
    ) -> String {
        "<line class=\"\(style)\" x1=\"\(Self.f(x1))\" y1=\"\(Self.f(y1))\" "
            + "x2=\"\(Self.f(x2))\" y2=\"\(Self.f(y2))\"/>"
    }

    private func text(_ x: Double, _ y: Double, _ style: String, _ words: String) -> String {
        "<text class=\"\(style)\" x=\"\(Self.f(x))\" y=\"\(Self.f(y))\">\(escaped(words))</text>"
    }

    private static func f(_ value: Double) -> String { String(format: "%.1f", value) }

    /// The next number above that is easy on the eye: 1, 2, 4 or 8 times a power of ten.
    private static func nice(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, floor(log10(value)))
        let steps: [Double] = [1, 2, 4, 8, 10]
        return (steps.first { $0 * power >= value } ?? 10) * power
    }

    private static func seconds(_ range: ClosedRange<Double>) -> [(x: Double, name: String)] {
        let span = range.upperBound - range.lowerBound
        let step = max(1, (nice(span / 6)).rounded())
        var marks: [(x: Double, name: String)] = []
        var at = (range.lowerBound / step).rounded(.up) * step
        while at <= range.upperBound {
            marks.append((at, "\(Int(at)) s"))
            at += step
        }
        return marks
    }

    static func short(_ value: Double) -> String {
        switch abs(value) {
        case 1e9...: String(format: "%.3gG", value / 1e9)
        case 1e6...: String(format: "%.3gM", value / 1e6)
        case 1e3...: String(format: "%.3gk", value / 1e3)
        default: String(format: "%.3g", value)
        }
    }
}

/// Text that is safe inside HTML.
func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
