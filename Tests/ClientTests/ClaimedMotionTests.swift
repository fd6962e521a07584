import CairnBasics
import CairnClient
import CairnGeometry
import CairnWorld
import Testing

@Suite struct ClaimedMotionTests {
    private func claim(_ sequence: UInt32, x: Int32) -> PoseClaim {
        PoseClaim(sequence: sequence, motion: Motion(position: Position(x: x, y: 0, z: 0)))
    }

    private func instant(milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test func aClaimIsShownAtOnceAndStaysWhenTheServerAgrees() {
        var claimed = ClaimedMotion()
        #expect(claimed.shown(now: .zero) == nil)
        claimed.take(claim(1, x: 100))
        #expect(claimed.shown(now: .zero)?.position.x == 100)
        claimed.take(claim(2, x: 200))
        claimed.reconcile(
            authoritative: Motion(position: Position(x: 100, y: 0, z: 0)), processed: 1, now: .zero)
        #expect(claimed.shown(now: .zero)?.position.x == 200)
    }

    /// A device that jumps farther than anybody walks, and a server that takes it there slowly.
    @Test func whatTheServerDoesNotBelieveIsTakenBackWithoutAJump() {
        var claimed = ClaimedMotion()
        for sequence in UInt32(1)...40 {
            claimed.take(claim(sequence, x: 3_000))
            let now = instant(milliseconds: Int64(sequence) * 50)
            let before = claimed.shown(now: now)!.position.x
            let server = Int32(min(3_000, sequence * 200))
            claimed.reconcile(
                authoritative: Motion(position: Position(x: server, y: 0, z: 0)),
                processed: sequence, now: now)
            var last = claimed.shown(now: now)!.position.x
            // A unit, a millimetre, is what rounding leaves.
            #expect(abs(last - before) <= 1, "jumped by \(last - before) at once")
            let goal = server
            for millisecond in Int64(1)..<50 {
                let shown = claimed.shown(now: now + .milliseconds(millisecond))!.position.x
                #expect(abs(shown - goal) <= abs(last - goal) + 1, "turned away from \(goal)")
                last = shown
            }
        }
        #expect(claimed.shown(now: instant(milliseconds: 5_000))?.position.x == 3_000)
    }

    @Test func hostileWordsDoNotTrap() {
        var claimed = ClaimedMotion()
        var random = SeededRandom(seed: 1)
        func any() -> Int32 { Int32(truncatingIfNeeded: random.next()) }
        for sequence in UInt32(1)...2_000 {
            claimed.take(claim(sequence, x: any()))
            let now = instant(milliseconds: Int64(random.below(1_000)))
            claimed.reconcile(
                authoritative: Motion(position: Position(x: any(), y: any(), z: any())),
                processed: sequence &- random.below(3), now: now)
            #expect(claimed.shown(now: now) != nil)
        }
    }
}
