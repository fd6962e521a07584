// A thread of the operating system, for work that must not share one: a loop, or something that
// blocks. The language's own tasks run on a pool that nothing may block.

import CLibuv
import CPlatform
import Synchronization

/// One thread that runs one body to its end; somebody must `join` it.
///
/// The corresponding libuv functions are `uv_thread_create_ex` and `uv_thread_join`.
@safe public final class SystemThread: @unchecked Sendable {
    private let thread: UnsafeMutablePointer<uv_thread_t>
    private let isJoined = Atomic(false)

    /// As much stack as the main thread has; only touched pages cost memory.
    private static let stackBytes = 8 * 1_024 * 1_024

    /// Starts the thread.
    /// - Parameters:
    ///   - name: for `top -H` and debuggers; the first 15 bytes count.
    ///   - body: moved to the thread with everything it captures.
    public init(name: String, body: sending @escaping () -> Void) throws(LoopError) {
        unsafe thread = .allocate(capacity: 1)
        let context = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body)).toOpaque()
        var options = uv_thread_options_t()
        options.flags = UInt32(UV_THREAD_HAS_STACK_SIZE.rawValue)
        options.stack_size = Self.stackBytes
        let code = unsafe uv_thread_create_ex(thread, &options, runThread, context)
        guard code < 0 else { return }
        unsafe Unmanaged<ThreadStart>.fromOpaque(context).release()
        isJoined.store(true, ordering: .relaxed)
        throw LoopError("start", on: "thread \(name)", code: code)
    }

    deinit {
        precondition(isJoined.load(ordering: .relaxed), "a thread was dropped without a join")
        unsafe thread.deallocate()
    }

    /// Waits until the body has returned. Joining again returns at once.
    /// - Precondition: not called on the thread itself.
    public func join() {
        guard !isJoined.exchange(true, ordering: .relaxed) else { return }
        let code = unsafe uv_thread_join(thread)
        precondition(code == 0, "a thread cannot join itself")
    }
}

private final class ThreadStart {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
        self.name = name
        self.body = body
    }
}

private let runThread: uv_thread_cb = { context in
    guard let context = unsafe context else { return }
    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
    unsafe start.name.withCString { unsafe cplatform_name_thread($0) }
    start.body()
}
