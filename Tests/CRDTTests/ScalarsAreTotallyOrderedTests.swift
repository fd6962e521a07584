import CairnBasics
import CairnCRDT
import Testing

@Suite struct ScalarsAreTotallyOrderedTests {
    static let samples: [Scalar] = [
        .boolean(false), .boolean(true), .integer(.min), .integer(-1), .integer(0), .integer(.max),
        .real(-.infinity), .real(-1.5), .real(-0.0), .real(0), .real(.leastNonzeroMagnitude),
        .real(.infinity),
        .real(.nan), .text(""), .text("a"), .text("e\u{301}"), .text("z"), .text("é"),
        .entity(.none), .entity(EntityID(raw: .max)), .bytes([]), .bytes([0]), .bytes([0, 0]),
        .bytes([1]),
    ]

    @Test func exactlyOneOfLessEqualAndGreaterHolds() {
        for (row, left) in Self.samples.enumerated() {
            for (column, right) in Self.samples.enumerated() {
                #expect((left == right) == (row == column), "\(left) \(right)")
                #expect((left < right) == (row < column), "\(left) \(right)")
            }
        }
    }

    @Test func equalScalarsHashAlikeAndTextsWithOtherBytesAreOthers() {
        #expect(Set(Self.samples).count == Self.samples.count)
        #expect("é" == "e\u{301}", "as texts they are equal")
        #expect(Scalar.text("é") != Scalar.text("e\u{301}"))
    }

    @Test func canonicalScalarsComeBackAsTheyWereWritten() throws {
        for scalar in Self.samples where scalar.canonical == scalar {
            #expect(try Scalar(bytes: scalar.bytes()) == scalar)
        }
    }

    @Test func nanAndNegativeZeroAreRefused() throws {
        for value in [Double.nan, -.nan, -0.0, .signalingNaN] {
            let bytes = try Scalar.real(value).bytes()
            #expect(throws: CodecError.malformed) { try Scalar(bytes: bytes) }
        }
        #expect(Scalar.real(-0.0).canonical == .real(0))
        #expect(Scalar.real(.nan).canonical == nil)
    }

    @Test func textAndBytesOverTheCapAreRefused() throws {
        let text = String(repeating: "x", count: Scalar.maximumByteCount)
        let run = [UInt8](repeating: 1, count: Scalar.maximumByteCount)
        for fitting in [Scalar.text(text), .bytes(run)] {
            #expect(try Scalar(bytes: fitting.bytes()) == fitting)
        }
        for tooLong in [Scalar.text(text + "x"), .bytes(run + [1])] {
            #expect(tooLong.canonical == nil)
            let bytes = try tooLong.bytes()
            #expect(throws: CodecError.tooLarge) { try Scalar(bytes: bytes) }
        }
    }
}
