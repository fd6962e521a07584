// The metronome of the tick: fires at start + n × period, for ever, without drift.
//
// libuv's own timers round to a millisecond and count from the moment of waking, so at 128 Hz they
// would lose a tick in eight. This one is a Linux timerfd on CLOCK_MONOTONIC with an absolute
// schedule kept by the kernel, waited for by the loop (`uv_poll_t`): it wakes within some tens of
// microseconds on an idle machine, and a wake that comes late does not move the next one. The period
// may change while it runs: the next firing is then a new period after the one before.

import CLibuv
import CPlatform
public import CairnBasics
import Glibc

/// One firing of a timer.
public struct TimerFiring: Hashable, Sendable {
    /// Which one: 0 at the start, then counting periods, skipped ones included.
    public var number: Int
    /// When it should have been: start + number × period.
    public var due: Instant
    /// How much later than due it is; never negative.
    public var lateness: TimeSpan
    /// Firings before this one, since the last, that were never delivered because the loop was
    /// busy past their successors' due time.
    public var skipped: Int
}

@safe public final class RepeatingTimer: HandleOwner {
    /// When the period last began to be what it is.
    public private(set) var start: Instant
    public private(set) var period: TimeSpan
    private let loop: Loop
    private let descriptor: Int32
    private let handle: Handle
    private var onFire: ((TimerFiring) -> Void)?
    private var elapsed = 0
    /// The number of the firing at `start`.
    private var firstNumber = 0

    /// Calls `onFire` on the loop's thread at `start`, then every `period`, until closed.
    ///
    /// A start in the past counts the periods gone by as skipped. When the loop falls behind by
    /// whole periods, one firing is delivered for all of them: the caller decides whether to
    /// catch up.
    ///
    /// The corresponding system calls are `timerfd_create` and `timerfd_settime`.
    public init(
        loop: Loop, start: Instant = MonotonicClock.now(), period: TimeSpan,
        onFire: @escaping (TimerFiring) -> Void
    ) throws(LoopError) {
        precondition(period > .zero && start.nanoseconds >= 0)
        self.loop = loop
        self.start = start
        self.period = period
        self.onFire = onFire
        handle = unsafe Handle(uv_poll_t.self)
        descriptor = cplatform_timer_open()
        var code = descriptor
        if code >= 0 {
            // A due time of 0 would disarm the timer.
            code = cplatform_timer_start(
                descriptor, max(1, start.nanoseconds), period.nanoseconds)
        }
        if code >= 0 { code = unsafe uv_poll_init(loop.pointer, handle.typed(), descriptor) }
        guard code >= 0 else {
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            handle.abandon()
            throw LoopError("start", on: "a timer", code: code)
        }
        handle.adopt(self)
        // Cannot fail: the descriptor was accepted, and the event mask is a constant.
        _ = unsafe uv_poll_start(handle.typed(), Int32(UV_READABLE.rawValue), timerReadable)
    }

    /// Fires every `period` from the newest firing on, or at once where that would be past.
    public func setPeriod(_ period: TimeSpan) {
        precondition(period > .zero)
        guard onFire != nil, period != self.period else { return }
        if elapsed > 0 {
            start = start + self.period * Int64(elapsed &- 1 &- firstNumber)
            firstNumber = elapsed &- 1
        }
        self.period = period
        let due = (elapsed > 0 ? start + period : start).nanoseconds
        let code = cplatform_timer_start(descriptor, max(1, due), period.nanoseconds)
        precondition(code >= 0, "the kernel took a timer's first setting and not its second")
    }

    /// Stops firing. Closing twice does nothing.
    public func close() {
        guard onFire != nil else { return }
        onFire = nil
        handle.close()  // Stops the poll at once, so that the descriptor may go.
        _ = Glibc.close(descriptor)
    }

    fileprivate func fire() {
        let expirations = Int(cplatform_timer_take(descriptor))
        guard expirations > 0, let onFire else { return }
        elapsed &+= expirations
        let number = elapsed &- 1
        let due = start + period * Int64(number &- firstNumber)
        let lateness = max(.zero, MonotonicClock.now() - due)
        onFire(
            TimerFiring(
                number: number, due: due, lateness: lateness, skipped: expirations &- 1))
    }
}

private let timerReadable: uv_poll_cb = { handle, _, _ in
    unsafe withOwner(RepeatingTimer.self, in: handle?.pointee.data) { $0.fire() }
}
