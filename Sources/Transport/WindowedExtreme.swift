import CairnBasics

/// The least value of a sliding window of time, in constant memory: the best three values in order
/// of age, as Kathleen Nichols' filter keeps them (BBR and Linux use it too).
///
/// Exact while the least value changes, and never older than the window; in between it may be a
/// little too high, by no more than what a quarter of the window saw.
struct WindowedMinimum {
    private struct Sample {
        var value: Int64
        var at: Instant
    }

    private var first = Sample(value: .max, at: .zero)
    private var second = Sample(value: .max, at: .zero)
    private var third = Sample(value: .max, at: .zero)

    /// The least value; `Int64.max` before the first sample.
    var value: Int64 { first.value }

    mutating func reset() { self = WindowedMinimum() }

    /// Takes a sample; those older than `window` count no more.
    mutating func note(_ value: Int64, now: Instant, window: TimeSpan) {
        let sample = Sample(value: value, at: now)
        if value <= first.value || now - third.at > window {
            first = sample
            second = sample
            third = sample
            return
        }
        if value <= second.value {
            second = sample
            third = sample
        } else if value <= third.value {
            third = sample
        }
        age(sample, window: window)
    }

    private mutating func age(_ sample: Sample, window: TimeSpan) {
        let elapsed = sample.at - first.at
        if elapsed > window {
            first = second
            second = third
            third = sample
            if sample.at - first.at > window {
                first = second
                second = third
                third = sample
            }
        } else if second.at == first.at, elapsed > window / 4 {
            second = sample
            third = sample
        } else if third.at == second.at, elapsed > window / 2 {
            third = sample
        }
    }
}
