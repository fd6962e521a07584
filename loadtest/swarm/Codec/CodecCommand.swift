// The motion coder's range coder over a recorded trace, beside what a model without memory or context
// would need. Every number is read back from the bytes alone and compared.

import ArgumentParser
import CairnBasics
import CairnReplication
import CairnRuntime
import Foundation

struct CodecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codec",
        abstract: "Code a trace of moving cubes against acknowledged frames, and say what it took.",
        discussion: """
            The format is that of Glenn Fiedler's delta compression challenge: per frame 901 records \
            of orientation (largest, a, b, c), position (x, y, z in 1/512 m) and interacting. Each \
            frame is coded with the motion coder's range coder and integer models from the frame \
            that was acknowledged --baseline frames earlier, and one acknowledged before that; both \
            ends have those, and nothing of the frame itself goes into a prediction. What the bytes \
            decode to is compared with every number of the frame.

            The bound beside it is the entropy, of order 0, of each field's difference from the \
            acknowledged frame, over the whole trace.
            """)

    @Option(help: "The trace: frames of 901 records of 8 little-endian 32-bit numbers.")
    var trace: String?
    @Option(help: "How many frames ago the acknowledged frame was sent, where none is lost.")
    var baseline = 6
    @Option(help: "Packets lost, in percent; what follows is coded against older frames.")
    var loss = 0.0
    @Option(help: "Write a trace of tumbling boxes instead.")
    var makeTrace: String?
    @Option(help: "How long the trace is.")
    var seconds = 10
    @Option(help: "Which trace, and which packets are lost.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (trace == nil) != (makeTrace == nil) else {
            throw ValidationError("Name a trace with --trace, or make one with --make-trace.")
        }
        guard baseline >= 1, (0..<100).contains(loss), seconds >= 1 else {
            throw ValidationError("A baseline is at least 1, a loss below 100 %.")
        }
    }

    func run() throws {
        if let makeTrace {
            var boxes = TumblingBoxes(seed: seed)
            var trace = Trace()
            for _ in 0..<seconds * Trace.hertz { trace.append(boxes.next()) }
            return try trace.write(to: makeTrace)
        }
        guard let path = trace else { return }
        let recorded = try Trace(path: path)
        guard recorded.frameCount > baseline else {
            throw ValidationError(
                "\(path) has \(recorded.frameCount) frames; it takes more than --baseline, "
                    + "which is \(baseline).")
        }
        var measure = Measure(baseline: baseline, loss: loss / 100, seed: seed)
        for index in 0..<recorded.frameCount {
            guard measure.code(Array(recorded.frame(index))) else {
                print("frame \(index) came back otherwise")
                throw ExitCode.failure
            }
        }
        measure.report()
    }
}

/// Codes frame after frame at both ends.
private struct Measure {
    let baseline: Int
    let loss: Double
    private var random: SeededRandom
    private var encoder = RangeEncoder(capacity: 1 << 16)
    /// What each end knows of every frame that arrived; nil where it did not.
    private var sent: [KnownFrame?] = []
    private var received: [KnownFrame?] = []
    private var bytes = 0
    private var coded = 0
    private var differences = [[Int32: Int]](repeating: [:], count: Trace.fields)
    private var encoding = TimeSpan.zero
    private var decoding = TimeSpan.zero

    init(baseline: Int, loss: Double, seed: UInt64) {
        self.baseline = baseline
        self.loss = loss
        random = SeededRandom(seed: seed)
    }

    /// - Returns: False when what was read is not what was written.
    mutating func code(_ frame: [Int32]) -> Bool {
        let index = sent.count
        let base = newest(before: index - baseline + 1)
        let older = base.flatMap { newest(before: $0 - baseline + 1) } ?? base
        let span = (past: (base ?? 0) - (older ?? 0), future: index - (base ?? 0))
        let nothing = TraceCoding.nothing
        let known = base.flatMap { sent[$0] } ?? nothing
        let start = MonotonicClock.now()
        let mine = TraceCoding.encode(
            frame, from: known, older.flatMap { sent[$0]?.numbers } ?? nothing.numbers, span: span,
            into: &encoder)
        let middle = MonotonicClock.now()
        let theirs = TraceCoding.decode(
            encoder.bytes, from: base.flatMap { received[$0] } ?? nothing,
            older.flatMap { received[$0]?.numbers } ?? nothing.numbers, span: span)
        let end = MonotonicClock.now()
        guard theirs.numbers == frame, !encoder.hasOverflowed else { return false }
        if base != nil { note(frame, known.numbers, middle - start, end - middle) }
        let isLost = random.unit() < loss
        sent.append(isLost ? nil : mine)
        received.append(isLost ? nil : theirs)
        let forgotten = index - 64 * baseline
        if forgotten >= 0 {
            sent[forgotten] = nil
            received[forgotten] = nil
        }
        return true
    }

    /// The newest frame before a number that has arrived.
    private func newest(before limit: Int) -> Int? {
        var index = limit - 1
        while index >= 0, sent[index] == nil { index -= 1 }
        return index >= 0 ? index : nil
    }

    private mutating func note(
        _ frame: [Int32], _ base: [Int32], _ encoding: TimeSpan, _ decoding: TimeSpan
    ) {
        coded += 1
        bytes += encoder.count
        self.encoding = self.encoding + encoding
        self.decoding = self.decoding + decoding
        for (index, number) in frame.enumerated() {
            differences[index % Trace.fields][number &- base[index], default: 0] += 1
        }
    }

    func report() {
        let frames = Double(coded)
        let each = Double(bytes) / frames
        let bound = Trace.entropyBound(differences) / 8 / frames
        func micros(_ span: TimeSpan) -> String {
            String(format: "%.0f", span.seconds * 1e6 / frames)
        }
        print("\(coded) frames of \(Trace.cubes) cubes, every number as it was")
        print(
            String(format: "bytes per frame        %8.1f (%.1f kbit/s at 60 Hz)", each, each * 0.48)
        )
        print(
            String(
                format: "entropy of differences %8.1f (each field less the baseline's, order 0)",
                bound))
        print(String(format: "ratio                  %8.3f", each / bound))
        print("encode \(micros(encoding)) µs a frame, decode \(micros(decoding)) µs")
    }
}
