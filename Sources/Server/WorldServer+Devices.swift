// Phones and glasses: their sightings of anchors become the place of their own frame in the world,
// which goes back to them, so that they can draw what stands in the world where it is.

import CairnAnchors
import CairnBasics
import CairnWire
import CairnWorld

extension WorldServer {
    /// Takes a report of what a device saw; only devices have a tracker.
    mutating func takeSightings(_ bytes: [UInt8], of index: Int, now: Instant) {
        guard sessions[index].phase == .present, sessions[index].tracker != nil,
            sessions[index].sightings.admit(now: now) == true
        else { return strain(index, now: now) }
        counters.sightings &+= 1
        do throws(CodecError) {
            var reader = ByteReader(bytes.rawBytes)
            let report = try SightingReport(decoding: &reader)
            guard reader.remaining == 0 else { throw .malformed }
            _ = sessions[index].tracker?.handle(report, anchors: anchors, now: now)
        } catch {
            misbehave(index, "sent sightings that cannot be read (\(error))")
        }
    }

    private func hasTracker(_ index: Int) -> Bool {
        sessions.contains(index) && sessions[index].identity.role == .device
            && sessions[index].tracker != nil
    }

    /// Lets the trackers do what is due and tells the devices what is new.
    mutating func updateDevices(now: Instant) {
        for index in sessions.indices where hasTracker(index) {
            sessions[index].tracker?.handleTimeout(anchors: anchors, now: now)
            guard let status = sessions[index].tracker?.pollStatus() else { continue }
            if case .placed = status { counters.registrations &+= 1 }
            let bytes = try? encodeBytes(capacity: 256) { (writer) throws(CodecError) in
                try status.encode(into: &writer)
            }
            if let bytes { send(.devicePose(bytes), to: index) }
        }
    }
}
