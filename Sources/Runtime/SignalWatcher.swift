import CLibuv
import Glibc

/// A signal that asks a server for something.
public enum ProcessSignal: Sendable {
    /// Ctrl-C.
    case interrupt
    /// What an init system sends to stop a service.
    case terminate
    /// The terminal went away; by custom, "read your configuration again".
    case hangup

    var number: Int32 {
        switch self {
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .hangup: SIGHUP
        }
    }
}

/// Turns a signal into an ordinary event of the loop, where anything may be done.
///
/// The corresponding libuv functions are `uv_signal_init` and `uv_signal_start`.
@safe public final class SignalWatcher: HandleOwner {
    private let loop: Loop
    private let handle: Handle
    private var onSignal: (() -> Void)?

    /// Calls `onSignal` on the loop's thread each time the process gets `signal`, until closed.
    public init(
        loop: Loop, signal: ProcessSignal, onSignal: @escaping () -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.onSignal = onSignal
        handle = unsafe Handle(uv_signal_t.self)
        let code = unsafe uv_signal_init(loop.pointer, handle.typed())
        if code < 0 { handle.abandon() }
        try check(code, "watch", on: "signal \(signal.number)")
        handle.adopt(self)
        let started = unsafe uv_signal_start(handle.typed(), signalArrived, signal.number)
        if started < 0 { close() }
        try check(started, "watch", on: "signal \(signal.number)")
    }

    /// Gives the signal its usual effect again. Closing twice does nothing.
    public func close() {
        guard onSignal != nil else { return }
        onSignal = nil
        handle.close()
    }

    fileprivate func fire() { onSignal?() }
}

private let signalArrived: uv_signal_cb = { handle, _ in
    unsafe withOwner(SignalWatcher.self, in: handle?.pointee.data) { $0.fire() }
}
