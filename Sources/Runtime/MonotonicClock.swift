// The clocks of this machine, read here and nowhere else: the core takes instants as arguments.

public import CairnBasics
import Glibc

/// The clock that never jumps: CLOCK_MONOTONIC, which also drives `RepeatingTimer`.
public enum MonotonicClock {
    /// Nanoseconds since the machine started.
    /// - Complexity: about 25 ns; no system call.
    public static func now() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }
}

/// Milliseconds since 1970-01-01 UTC; jumps when the machine's clock is set.
public func wallClockMilliseconds() -> UInt64 { UInt64(clamping: read(CLOCK_REALTIME) / 1_000_000) }

/// Processor time that all threads of this process have used, in user and system mode.
public func processCPUTime() -> TimeSpan {
    TimeSpan(nanoseconds: read(CLOCK_PROCESS_CPUTIME_ID))
}

/// Processor time that the calling thread has used: what one tick cost, whoever else ran.
public func threadCPUTime() -> TimeSpan { TimeSpan(nanoseconds: read(CLOCK_THREAD_CPUTIME_ID)) }

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let code = unsafe clock_gettime(clock, &time)
    precondition(code == 0, "this system lacks a clock that POSIX requires")
    // Safe: wraps only after 292 years.
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
