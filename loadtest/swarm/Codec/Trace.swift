// Recorded motion in the public format of Glenn Fiedler's delta compression challenge: frames of 901
// cubes, eight 32-bit numbers each.

import ArgumentParser
import Foundation

/// Frames of cubes; every cube is eight numbers.
struct Trace {
    static let cubes = 901
    /// Orientation: index of the largest component, the other three (9 bits); position x, y, z in
    /// 1/512 m; whether the cube interacts.
    static let fields = 8
    static let frameNumbers = cubes * fields
    static let hertz = 60

    /// All numbers, frame by frame and cube by cube.
    private(set) var numbers: [Int32] = []

    init() {}

    var frameCount: Int { numbers.count / Self.frameNumbers }

    func frame(_ index: Int) -> ArraySlice<Int32> {
        numbers[index * Self.frameNumbers..<(index + 1) * Self.frameNumbers]
    }

    mutating func append(_ frame: [Int32]) {
        precondition(frame.count == Self.frameNumbers)
        numbers += frame
    }

    /// Reads a file.
    /// - Throws: a `ValidationError` that says what is wrong with it and where.
    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("There is no file to read at \(path).")
        }
        let frameBytes = 4 * Self.frameNumbers
        guard data.count % frameBytes == 0, !data.isEmpty else {
            throw ValidationError(
                "\(path) has \(data.count) bytes, which is not whole frames of \(frameBytes).")
        }
        numbers = unsafe data.withUnsafeBytes { bytes in
            (0..<data.count / 4).map {
                Int32(
                    littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)
                )
            }
        }
        try checkRanges()
    }

    /// Says which number is outside what the format allows, if one is.
    private func checkRanges() throws {
        for (index, number) in numbers.enumerated() {
            let limit = Self.limits[index % Self.fields]
            guard let limit, !(0...limit).contains(number) else { continue }
            let cube = index / Self.fields
            throw ValidationError(
                "Frame \(cube / Self.cubes), cube \(cube % Self.cubes): number "
                    + "\(index % Self.fields) is \(number), which is outside 0...\(limit).")
        }
    }

    /// The largest value of each number of a cube; nil for places, which may be anywhere.
    private static let limits: [Int32?] = [3, 511, 511, 511, nil, nil, nil, 1]

    func write(to path: String) throws {
        var data = Data(capacity: 4 * numbers.count)
        for number in numbers {
            let bits = UInt32(bitPattern: number)
            data.append(contentsOf: [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) })
        }
        try data.write(to: URL(filePath: path))
    }

    /// The bits a frame takes if every field's difference from the baseline costs what its own
    /// distribution over the trace says (entropy of order 0), summed over the fields.
    static func entropyBound(_ differences: [[Int32: Int]]) -> Double {
        var bits = 0.0
        for counts in differences {
            let total = Double(counts.values.reduce(0, +))
            for count in counts.values {
                bits -= Double(count) * log2(Double(count) / total)
            }
        }
        return bits
    }
}
