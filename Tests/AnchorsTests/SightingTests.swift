import CairnAnchors
import CairnBasics
import CairnGeometry
import Testing

private func sighting(
    at position: Vector3 = Vector3(3, 0, 0), observer: Vector3 = .zero,
    facing: Sighting.Facing? = nil, sigma: Double = 0.02, captured: Instant = .zero
) -> Sighting {
    Sighting(
        anchor: AnchorID(0), position: position, observer: observer, facing: facing,
        sigmaMetres: sigma, capturedAt: captured)
}

private func encoded(_ report: SightingReport) throws(CodecError) -> [UInt8] {
    try encodeBytes(capacity: 4096) { (writer) throws(CodecError) in
        try report.encode(into: &writer)
    }
}

private func report(_ random: inout SeededRandom, count: Int) -> SightingReport {
    SightingReport(
        session: UInt32(truncatingIfNeeded: random.next()),
        sightings: (0..<count).map { index in
            Sighting(
                anchor: AnchorID(UInt16(index * 2_000)), position: random.vector(-1e5...1e5),
                observer: random.vector(-1e5...1e5),
                facing: index % 2 == 0
                    ? nil
                    : .init(
                        deviceFromAnchor: random.rotation(),
                        sigmaRadians: random.within(0.001...3)),
                sigmaMetres: random.within(0.001...5),
                capturedAt: Instant(nanoseconds: Int64(bitPattern: random.next())))
        })
}

@Suite struct SightingGateTests {
    private let now = Instant(nanoseconds: 10_000_000_000)

    @Test(arguments: [
        (sighting(at: Vector3(.nan, 0, 0)), SightingRefusal.malformed),
        (sighting(observer: Vector3(0, .infinity, 0)), .malformed),
        (sighting(sigma: .nan), .malformed),
        (sighting(sigma: 0), .malformed),
        (sighting(sigma: -1), .malformed),
        (
            sighting(
                facing: .init(
                    deviceFromAnchor: Quaternion(x: 1, y: 1, z: 0, w: 0), sigmaRadians: 0.1)),
            .malformed
        ),
        (
            sighting(facing: .init(deviceFromAnchor: .identity, sigmaRadians: .infinity)),
            .malformed
        ),
        (sighting(at: Vector3(0.049, 0, 0)), .outOfRange),
        (sighting(at: Vector3(0, 100.1, 0)), .outOfRange),
        (sighting(at: Vector3(1e5 + 1, 0, 0), observer: Vector3(1e5, 0, 0)), .outOfRange),
        (sighting(sigma: 5.1), .tooUncertain),
    ])
    func whatCannotBeMeasuredIsRefused(seen: Sighting, reason: SightingRefusal) {
        var timely = seen
        timely.capturedAt = now
        #expect(throws: reason) { try SightingGate.admit(timely, now: now) }
    }

    @Test(arguments: [
        (Int64(-2_000_001_000), SightingRefusal.tooOld), (50_001_000, .fromTheFuture),
        (.min, .fromTheFuture), (.max, .fromTheFuture),
    ])
    func theWrongTimeIsRefused(lead: Int64, reason: SightingRefusal) {
        let captured = Instant(nanoseconds: now.nanoseconds &+ lead)
        #expect(throws: reason) {
            try SightingGate.admit(sighting(captured: captured), now: now)
        }
    }

    @Test func whatIsTooGoodToBeTrueIsRaisedToTheFloor() throws {
        let seen = sighting(
            facing: .init(
                deviceFromAnchor: Quaternion(x: 0, y: 0, z: 0, w: 1.0005), sigmaRadians: 1e-9),
            sigma: 1e-6, captured: now - .milliseconds(1_999))
        let admitted = try SightingGate.admit(seen, now: now)
        #expect(admitted.sigmaMetres == SightingGate.sigmaFloorMetres)
        #expect(admitted.facing?.sigmaRadians == SightingGate.facingSigmaFloorRadians)
        #expect(admitted.facing?.deviceFromAnchor == .identity)
        let fine = sighting(sigma: 0.3, captured: now + .milliseconds(50))
        #expect(try SightingGate.admit(fine, now: now) == fine)
    }
}

@Suite struct SightingReportBytesTests {
    @Test(arguments: 0..<20)
    func reportsComeBackToWithinTheirUnits(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let sent = report(&random, count: seed % 25)
        let bytes = try encoded(sent)
        var reader = ByteReader(bytes.rawBytes)
        let read = try SightingReport(decoding: &reader)
        #expect(reader.remaining == 0)
        #expect(read.session == sent.session)
        #expect(read.sightings.count == sent.sightings.count)
        for (one, other) in zip(read.sightings, sent.sightings) {
            #expect(one.anchor == other.anchor && one.capturedAt == other.capturedAt)
            #expect((one.position - other.position).length < 1.0 / 8192)
            #expect((one.observer - other.observer).length < 1.0 / 8192)
            #expect((0...1.001e-5).contains(one.sigmaMetres - other.sigmaMetres))
            #expect((one.facing == nil) == (other.facing == nil))
            if let facing = one.facing, let sent = other.facing {
                #expect(facing.deviceFromAnchor.angle(to: sent.deviceFromAnchor) < 1e-8)
            }
        }
        #expect(try encoded(read) == bytes, "what was read is written the same")
    }

    @Test func valuesThatDoNotFitAreNotWritten() {
        for bad in [
            sighting(at: Vector3(.nan, 0, 0)), sighting(at: Vector3(0, 1e9, 0)),
            sighting(sigma: .nan),
        ] {
            #expect(throws: CodecError.malformed) {
                try encoded(SightingReport(session: 1, sightings: [bad]))
            }
        }
        let crowd = SightingReport(
            session: 1, sightings: .init(repeating: sighting(), count: 25))
        #expect(throws: CodecError.tooLarge) { try encoded(crowd) }
    }

    @Test func everyTruncationIsRefused() throws {
        var random = SeededRandom(seed: 4)
        let bytes = try encoded(report(&random, count: 4))
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            var reader = ByteReader(cut.rawBytes)
            #expect(throws: CodecError.truncated) { try SightingReport(decoding: &reader) }
        }
    }

    @Test func coordinatesBeyondTheirLimitAreRefused() throws {
        for (units, isRead) in [(Int64(1) << 37, true), ((1 << 37) + 1, false), (.min, false)] {
            let bytes = try encodeBytes(capacity: 64) { (writer) throws(CodecError) in
                for value in [1, 1, 0] { try writer.putVarint(UInt64(value)) }
                try writer.putZigzag(units)
                for _ in 0..<20 { try writer.put(UInt8(0)) }
            }
            var reader = ByteReader(bytes.rawBytes)
            if isRead {
                let read = try SightingReport(decoding: &reader)
                #expect(read.sightings[0].position.x == 0x1p24)
            } else {
                #expect(throws: CodecError.tooLarge) { try SightingReport(decoding: &reader) }
            }
        }
    }

    @Test func hostileBytesNeverTrapTheReaderTheGateOrTheTracker() throws {
        var random = SeededRandom(seed: 5)
        var site = SyntheticSite(seed: 5, anchorCount: 12)
        let honest = try encoded(
            SightingReport(session: 1, sightings: site.sightings(noise: 0.02, facingNoise: 0.01)))
        var (readCount, acceptedCount) = (0, 0)
        for round in 0..<5_000 {
            var bytes = honest
            if round % 4 == 0 {
                bytes = (0..<random.index(below: 200)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
            } else {
                for _ in 0...random.index(below: 6) {
                    bytes[random.index(below: bytes.count)] = UInt8(
                        truncatingIfNeeded: random.next())
                }
            }
            var reader = ByteReader(bytes.rawBytes)
            guard let read = try? SightingReport(decoding: &reader) else { continue }
            readCount += 1
            var tracker = DeviceTracker()
            let now = Instant(nanoseconds: 1_000_000_000)
            acceptedCount += tracker.handle(read, anchors: site.anchors, now: now).acceptedCount
            if case .placed(let pose) = tracker.pollStatus() {
                #expect(pose.worldFromDevice.isRigid)
                _ = try encodeBytes(capacity: 256) { (writer) throws(CodecError) in
                    try DeviceStatus.placed(pose).encode(into: &writer)
                }
            }
        }
        #expect(readCount > 200 && acceptedCount > 1_000)
    }
}
