// One thread's event loop, on libuv (`uv_loop_t`).
//
// A loop, and everything opened on it, belongs to the thread that runs it: none of it is Sendable.
// Other threads reach it through a `Mailbox` only. Whatever is opened on a loop lives until it is
// closed, by its own `close` or by the loop's, which closes all that is left; a forgotten reference
// never frees memory that the kernel still writes to.
//
// All sockets of a loop receive into one arena, because a loop delivers one datagram at a time:
// ten thousand sockets cost ten thousand handles, not ten thousand arenas. Only the pages that
// datagrams reach are ever touched.

import CLibuv
import CPlatform

@safe public final class Loop {
    let pointer: UnsafeMutablePointer<uv_loop_t>
    let receiver: OpaquePointer
    let receiveArena: UnsafeMutableRawPointer
    let sendScratch: UnsafeMutableBufferPointer<cplatform_datagram>
    private var isClosed = false

    /// What one call of `cplatform_send_batch` is offered: some whole messages of many segments.
    static let sendBurst = 512

    /// The corresponding libuv function is `uv_loop_init`.
    public init() throws(LoopError) {
        unsafe pointer = .allocate(capacity: 1)
        let code = unsafe uv_loop_init(pointer)
        unsafe receiveArena = .allocate(
            byteCount: (CPLATFORM_MESSAGES * CPLATFORM_RECEIVE_STRIDE), alignment: 64)
        unsafe receiver = OpaquePointer(
            UnsafeMutableRawPointer.allocate(
                byteCount: cplatform_receiver_bytes(), alignment: 16))
        unsafe cplatform_receiver_init(receiver, receiveArena)
        unsafe sendScratch = .allocate(capacity: Self.sendBurst)
        if code < 0 { isClosed = true }
        try check(code, "open")
    }

    deinit {
        // Open handles hold their loop, so none can be open here.
        close()
        unsafe pointer.deallocate()
        unsafe UnsafeMutableRawPointer(receiver).deallocate()
        unsafe receiveArena.deallocate()
        unsafe sendScratch.deallocate()
    }

    /// Delivers events until `stop`, or until nothing is open on the loop.
    public func run() {
        precondition(!isClosed, "a closed loop cannot run")
        _ = unsafe uv_run(pointer, UV_RUN_DEFAULT)
    }

    /// Delivers what has happened already, and does not wait.
    public func poll() {
        precondition(!isClosed, "a closed loop cannot run")
        _ = unsafe uv_run(pointer, UV_RUN_NOWAIT)
    }

    /// Makes `run` return after the event in hand; what is open stays open.
    ///
    /// From another thread, post a message whose handler calls this.
    public func stop() {
        guard !isClosed else { return }
        unsafe uv_stop(pointer)
    }

    /// Closes all that is still open on the loop, then the loop. Closing twice does nothing.
    /// - Precondition: not called from inside an event.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe uv_walk(pointer, closeOwner, nil)
        _ = unsafe uv_run(pointer, UV_RUN_DEFAULT)
        let code = unsafe uv_loop_close(pointer)
        precondition(code == 0, "a loop was closed from inside one of its own events")
    }

    /// How many handles are open and not closing: 0 after an orderly shutdown.
    public var openHandleCount: Int {
        guard !isClosed else { return 0 }
        var count = 0
        unsafe withUnsafeMutablePointer(to: &count) { counter in
            unsafe uv_walk(pointer, countOpen, counter)
        }
        return count
    }
}

private let closeOwner: uv_walk_cb = { handle, _ in
    guard let context = unsafe handle?.pointee.data else { return }
    let owner = unsafe Unmanaged<AnyObject>.fromOpaque(context).takeUnretainedValue()
    (owner as? any HandleOwner)?.close()
}

private let countOpen: uv_walk_cb = { handle, counter in
    guard unsafe uv_is_closing(handle) == 0 else { return }
    unsafe counter?.assumingMemoryBound(to: Int.self).pointee += 1
}
