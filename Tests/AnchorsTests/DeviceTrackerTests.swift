import CairnAnchors
import CairnBasics
import CairnGeometry
import Testing

private func seconds(_ count: Double) -> Instant {
    Instant(nanoseconds: Int64(count * 1e9))
}

extension DeviceTracker {
    /// Reports what the site's device sees now.
    fileprivate mutating func see(
        _ site: inout SyntheticSite, noise: Double = 0.001, outlierCount: Int = 0,
        session: UInt32 = 1, at now: Instant, limit: Int = 24
    ) -> Tally {
        let seen = site.sightings(noise: noise, outlierCount: outlierCount, at: now)
        return handle(
            SightingReport(session: session, sightings: Array(seen.prefix(limit))),
            anchors: site.anchors, now: now)
    }

    fileprivate mutating func pollPose() -> DevicePose? {
        if case .placed(let pose) = pollStatus() { return pose }
        return nil
    }
}

@Suite struct DeviceTrackerTests {
    @Test func aDeviceThatSeesEnoughIsPlacedAndToldOnce() throws {
        var site = SyntheticSite(seed: 1, anchorCount: 6)
        var tracker = DeviceTracker()
        #expect(tracker.see(&site, at: seconds(1)).acceptedCount == 6)
        let told = tracker.pollPose()
        let pose = try #require(told)
        #expect(tracker.state == .placed)
        #expect(pose.session == 1 && pose.epoch == 1 && pose.inlierCount == 6)
        #expect(pose.grade == .a)
        let error = site.error(of: pose.worldFromDevice)
        #expect(error.metres < 0.03 && error.radians < 0.01)
        for step in 1...20 {
            _ = tracker.see(&site, at: seconds(1 + 0.25 * Double(step)))
            #expect(tracker.pollStatus() == nil, "noise stays within the deadband")
        }
        #expect(tracker.pose == pose)
    }

    @Test func anchorsSeenOneAtATimeAddUp() throws {
        var site = SyntheticSite(seed: 2, anchorCount: 4)
        var tracker = DeviceTracker()
        for index in 0..<4 {
            let now = seconds(1 + Double(index))
            let seen = site.sightings(noise: 0.01, at: now)
            _ = tracker.handle(
                SightingReport(session: 1, sightings: [seen[index]]), anchors: site.anchors,
                now: now)
            if index == 0 {
                #expect(tracker.pollStatus() == .searching(session: 1, reason: .tooFew))
                #expect(tracker.state == .searching(.tooFew))
            }
        }
        #expect(tracker.state == .placed)
        #expect(tracker.pollPose()?.sightingCount ?? 0 >= 2)
    }

    @Test func aCorrectionOfMoreThanTheDeadbandIsTold() throws {
        var site = SyntheticSite(seed: 3, anchorCount: 8)
        var tracker = DeviceTracker()
        _ = tracker.see(&site, at: seconds(1))
        let told = tracker.pollPose()
        let first = try #require(told)
        for (offset, isTold) in [(0.015, false), (0.05, true)] {
            // The device's tracking slipped: everything it sees has moved in its frame.
            let now = seconds(offset * 1000)
            let seen = site.sightings(noise: 0.0001, at: now).map { sighting in
                var moved = sighting
                moved.position = sighting.position + Vector3(offset, 0, 0)
                return moved
            }
            _ = tracker.handle(
                SightingReport(session: 1, sightings: seen), anchors: site.anchors, now: now)
            let pose = tracker.pollPose()
            #expect((pose != nil) == isTold)
            if let pose {
                #expect(pose.epoch == 2)
                let gap = pose.worldFromDevice.translation - first.worldFromDevice.translation
                #expect(abs(gap.length - offset) < 0.005)
            }
        }
    }

    @Test func solvesAreSpacedAndTheLastReportIsNotForgotten() {
        var site = SyntheticSite(seed: 4, anchorCount: 3)
        var tracker = DeviceTracker()
        _ = tracker.see(&site, at: seconds(1), limit: 1)
        _ = tracker.pollStatus()
        _ = tracker.see(&site, at: seconds(1.05))
        #expect(tracker.state == .searching(.tooFew), "too soon after the first attempt")
        #expect(tracker.nextTimeout == seconds(1.2))
        tracker.handleTimeout(anchors: site.anchors, now: seconds(1.2))
        #expect(tracker.state == .placed)
    }

    @Test func aPoseCoastsWhileNothingConfirmsItAndIsGivenUpInTheEnd() throws {
        var site = SyntheticSite(seed: 5, anchorCount: 4)
        var tracker = DeviceTracker()
        _ = tracker.see(&site, at: seconds(1))
        let told = tracker.pollPose()
        let pose = try #require(told)
        _ = tracker.see(&site, outlierCount: 4, at: seconds(2))
        #expect(tracker.state == .coasting)
        #expect(tracker.pose == pose && tracker.pollStatus() == nil)
        let limit = try #require(tracker.nextTimeout)
        tracker.handleTimeout(anchors: site.anchors, now: limit - TimeSpan(nanoseconds: 1))
        #expect(tracker.pose == pose)
        tracker.handleTimeout(anchors: site.anchors, now: limit)
        #expect(tracker.pose == nil && tracker.worldFromDevice == nil)
        #expect(tracker.pollStatus() == .searching(session: 1, reason: .tooFew))
        _ = tracker.see(&site, at: limit + .seconds(1))
        #expect(tracker.pollPose()?.epoch == 2, "an epoch is never used again in a session")
    }

    @Test func aNewSessionStartsFromNothingAndAnOldOneIsRefused() {
        var site = SyntheticSite(seed: 6, anchorCount: 3)
        var tracker = DeviceTracker()
        _ = tracker.see(&site, session: .max, at: seconds(1))
        #expect(tracker.pollPose()?.session == .max)
        let moved = tracker.see(&site, session: 0, at: seconds(2), limit: 1)
        #expect(moved.acceptedCount == 1, "session numbers wrap")
        #expect(tracker.pose == nil && tracker.state == .searching(.tooFew))
        let stale = tracker.see(&site, session: .max, at: seconds(3))
        #expect(stale.firstRefusal == .staleSession && stale.refusedCount == 3)
    }

    @Test func floodsRepeatsAndStrangersAreRefused() {
        var site = SyntheticSite(seed: 7, anchorCount: 10)
        var tracker = DeviceTracker()
        let seen = site.sightings(noise: 0.01, at: seconds(1))
        let report = SightingReport(session: 1, sightings: seen)
        _ = tracker.handle(report, anchors: site.anchors, now: seconds(1))
        let again = tracker.handle(report, anchors: site.anchors, now: seconds(1))
        #expect(again.firstRefusal == .superseded && again.refusedCount == 10)
        _ = tracker.handle(report, anchors: site.anchors, now: seconds(1))
        let flood = tracker.handle(report, anchors: site.anchors, now: seconds(1))
        #expect(flood.firstRefusal == .tooMany && flood.refusedCount == 10)
        let later = tracker.see(&site, at: seconds(1.5))
        #expect(later.acceptedCount == 10, "half a second pays for fifteen")
        var stranger = site.sightings(noise: 0.01, at: seconds(3))[0]
        stranger.anchor = AnchorID(10)
        let unknown = tracker.handle(
            SightingReport(session: 1, sightings: [stranger]), anchors: site.anchors,
            now: seconds(3))
        #expect(unknown.firstRefusal == .unknownAnchor)
    }

    @Test func moreAnchorsThanARegistrationTakesPushOutTheOldest() {
        var site = SyntheticSite(seed: 8, anchorCount: 40)
        var tracker = DeviceTracker()
        let early = site.sightings(noise: 0.01, at: seconds(1))
        _ = tracker.handle(
            SightingReport(session: 1, sightings: Array(early[..<20])), anchors: site.anchors,
            now: seconds(1))
        let late = site.sightings(noise: 0.01, at: seconds(3))
        _ = tracker.handle(
            SightingReport(session: 1, sightings: Array(late[20...])), anchors: site.anchors,
            now: seconds(3))
        #expect(tracker.pose?.sightingCount == 20, "the first solve")
        tracker.handleTimeout(anchors: site.anchors, now: seconds(4))
        #expect(tracker.state == .placed)
    }
}

@Suite struct OneWorldForAllDevicesTests {
    /// Two devices in frames of their own see one NPC: through the frame graph both mean the same
    /// place in the world, to within what they say of themselves.
    @Test(arguments: 0..<30)
    func twoDevicesMeanTheSamePlace(seed: Int) throws {
        var graph = FrameGraph()
        var site = SyntheticSite(seed: UInt64(seed), anchorCount: 6)
        try site.anchors.attach(to: &graph)
        let npc = RigidTransform(
            rotation: Quaternion(yaw: 1), translation: site.standpoint + Vector3(2, 1, -1.5))
        var seenAt: [Vector3] = []
        var bound = 0.0
        for device in 0..<2 {
            var tracker = DeviceTracker()
            _ = tracker.see(&site, noise: 0.02, at: seconds(1 + Double(device)))
            let edge = try #require(tracker.worldFromDevice)
            try graph.attach(.device(UInt64(device)), to: .world, by: edge)
            let view = try #require(
                graph.view(
                    of: UncertainTransform(npc), in: .world, from: .device(UInt64(device))))
            bound += 3 * view.covariance.positionSigmaMetres
            // Where the device draws it is, in truth, here:
            seenAt.append(site.worldFromDevice.apply(view.transform.translation))
        }
        #expect((seenAt[0] - seenAt[1]).length < bound)
        #expect((seenAt[0] - npc.translation).length < 0.1)
    }
}

@Suite struct DeviceStatusBytesTests {
    private func encoded(_ status: DeviceStatus) throws(CodecError) -> [UInt8] {
        try encodeBytes(capacity: 256) { (writer) throws(CodecError) in
            try status.encode(into: &writer)
        }
    }

    @Test(arguments: 0..<20)
    func statusesComeBackToWithinTheirUnits(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let sent = DevicePose(
            session: UInt32(truncatingIfNeeded: random.next()),
            epoch: UInt32(truncatingIfNeeded: random.next()),
            worldFromDevice: RigidTransform(
                rotation: random.rotation(), translation: random.vector(-2e6...2e6)),
            positionSigmaMetres: random.within(0...2), rotationSigmaRadians: random.within(0...1),
            grade: QualityGrade.allCases[seed % 5], inlierCount: 5, sightingCount: 9,
            solvedAt: Instant(nanoseconds: Int64(bitPattern: random.next())))
        let bytes = try encoded(.placed(sent))
        var reader = ByteReader(bytes.rawBytes)
        guard case .placed(let read) = try DeviceStatus(decoding: &reader) else {
            Issue.record("another case came back")
            return
        }
        #expect(reader.remaining == 0)
        let gap = read.worldFromDevice.translation - sent.worldFromDevice.translation
        #expect(gap.length < 1.0 / 8192)
        let turn = read.worldFromDevice.rotation.angle(to: sent.worldFromDevice.rotation)
        #expect(turn < 1e-8)
        var rounded = sent
        rounded.worldFromDevice = read.worldFromDevice
        rounded.positionSigmaMetres = read.positionSigmaMetres
        rounded.rotationSigmaRadians = read.rotationSigmaRadians
        #expect(read == rounded)
        #expect((0...1.001e-5).contains(read.positionSigmaMetres - sent.positionSigmaMetres))
    }

    @Test(arguments: DeviceRegistration.Refusal.allCases)
    func refusalsComeBack(reason: DeviceRegistration.Refusal) throws {
        let bytes = try encoded(.searching(session: 7, reason: reason))
        var reader = ByteReader(bytes.rawBytes)
        #expect(try DeviceStatus(decoding: &reader) == .searching(session: 7, reason: reason))
    }

    @Test func hostileBytesNeverTrap() throws {
        var random = SeededRandom(seed: 6)
        let pose = DevicePose(
            session: 1, epoch: 1, worldFromDevice: .identity, positionSigmaMetres: 0.1,
            rotationSigmaRadians: 0.1, grade: .b, inlierCount: 2, sightingCount: 2,
            solvedAt: .zero)
        let honest = try encoded(.placed(pose))
        var readCount = 0
        for _ in 0..<20_000 {
            var bytes = Array(honest[..<(honest.count - random.index(below: 4) / 3)])
            for _ in 0...random.index(below: 3) {
                bytes[random.index(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            var reader = ByteReader(bytes.rawBytes)
            guard let read = try? DeviceStatus(decoding: &reader) else { continue }
            readCount += 1
            if case .placed(let pose) = read { #expect(pose.worldFromDevice.isRigid) }
        }
        #expect(readCount > 100)
    }
}

@Suite struct QualityGradeTests {
    private func grade(
        _ metres: Double, _ degrees: Double, before: QualityGrade? = nil
    ) -> QualityGrade {
        QualityGrade(
            positionSigmaMetres: metres, rotationSigmaRadians: radians(degrees: degrees),
            before: before)
    }

    @Test func theWorseOfPlaceAndTurnDecides() {
        #expect(grade(0.05, 0.9) == .a)
        #expect(grade(0.06, 0.9) == .b)
        #expect(grade(0.01, 4) == .c)
        #expect(grade(4, 0) == .d)
        #expect(grade(6, 0) == .none)
        #expect(grade(.nan, 0) == .none)
    }

    @Test func aGradeIsHeldALittleBeyondItsLimitsButNotWonThere() {
        #expect(grade(0.06, 0.5, before: .a) == .a)
        #expect(grade(0.063, 0.5, before: .a) == .b)
        #expect(grade(0.06, 0.5, before: .b) == .b)
        #expect(grade(0.049, 0.5, before: .c) == .a)
    }
}
