// Utility theory as games use it (Mark, "Behavioral Mathematics for Game AI", 2009; the infinite
// axis utility system): each wish multiplies a few considerations, each a number of the world
// bent into 0...1 by a curve. Polynomials only, so that scores are the same on every machine.

/// Bends an input into 0...1.
enum ResponseCurve: Hashable, Sendable {
    /// 0 up to `from`, 1 from `to` on, straight between; falls where `from` is above `to`.
    case ramp(from: Double, to: Double)
    /// Like `ramp`, with level ends (smoothstep).
    case smooth(from: Double, to: Double)
    /// 1 at `centre`, 0 from `width` away on (biweight).
    case bell(centre: Double, width: Double)

    func callAsFunction(_ input: Double) -> Double {
        switch self {
        case .ramp(let from, let to):
            return max(0, min(1, (input - from) / (to - from)))
        case .smooth(let from, let to):
            let part = max(0, min(1, (input - from) / (to - from)))
            return part * part * (3 - 2 * part)
        case .bell(let centre, let width):
            let away = (input - centre) / width
            guard away > -1, away < 1 else { return 0 }
            return (1 - away * away) * (1 - away * away)
        }
    }
}

enum Utility {
    /// How much better than the best the running action counts: less dithering.
    static let momentum = 0.08
    /// Options within this part of the best are equally good; a seeded choice varies the play.
    static let nearBest = 0.95

    /// The product of considerations, each lifted so that many do not weigh against one:
    /// s + (1 - s) (1 - 1/n) s.
    static func score(_ considerations: Double..., weight: Double) -> Double {
        let lift = 1 - 1 / Double(considerations.count)
        return considerations.reduce(weight) { product, score in
            product * (score + (1 - score) * lift * score)
        }
    }
}
