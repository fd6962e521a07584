// The one way into a loop from other threads: many post, the loop's thread takes.
//
// Messages wait in an array under a lock that is held for an append or a swap, never while a handler
// runs. libuv's `uv_async_t` wakes the loop; it merges wakes, so a thousand posts cost one.

import CLibuv
import Synchronization

/// A queue of messages into one loop; share it freely.
public final class Mailbox<Message: Sendable>: Sendable {
    private struct Contents {
        var waiting: [Message] = []
        var wake: LoopWake?
    }
    private let contents: Mutex<Contents>
    private let capacity: Int

    /// More than any queue that is being emptied holds; at this length the reader is stuck.
    public static var defaultCapacity: Int { 65_536 }

    /// Calls `receive` on the loop's thread with all that was posted since the last call, in the
    /// order of posting, until closed.
    ///
    /// The corresponding libuv function is `uv_async_init`.
    public init(
        loop: Loop, capacity: Int = Mailbox.defaultCapacity,
        receive: @escaping ([Message]) -> Void
    ) throws(LoopError) {
        self.capacity = capacity
        contents = Mutex(Contents())
        let wake = try LoopWake(loop: loop)
        contents.withLock { $0.wake = wake }
        wake.onWake = { [weak self] in
            guard let messages = self?.takeAll(), !messages.isEmpty else { return }
            receive(messages)
        }
        wake.onClose = { [weak self] in self?.forgetWake() }
    }

    /// Hands a message to the loop, from any thread; never waits for it.
    /// - Returns: false when the mailbox is closed, or full because its loop is stuck.
    @discardableResult public func post(_ message: Message) -> Bool {
        contents.withLock { contents in
            guard let wake = contents.wake, contents.waiting.count < capacity else { return false }
            contents.waiting.append(message)
            // Under the lock, so that the handle cannot be closed in between.
            if contents.waiting.count == 1 { wake.signal() }
            return true
        }
    }

    /// Refuses further messages and forgets those not yet received. Closing twice does nothing.
    /// - Precondition: called on the loop's thread.
    public func close() { contents.withLock { $0.wake }?.close() }

    private func takeAll() -> [Message] {
        contents.withLock { contents in
            let messages = contents.waiting
            contents.waiting = []
            return messages
        }
    }

    private func forgetWake() {
        contents.withLock { contents in
            contents.wake = nil
            contents.waiting = []
        }
    }
}

/// The handle that wakes a loop. Only `signal` may be called from another thread, and only while
/// the mailbox's lock keeps `close` away; everything else stays on the loop's thread.
@safe final class LoopWake: HandleOwner, @unchecked Sendable {
    private let loop: Loop
    private let handle: Handle
    private var isOpen = true
    var onWake: () -> Void = {}
    var onClose: () -> Void = {}

    init(loop: Loop) throws(LoopError) {
        self.loop = loop
        handle = unsafe Handle(uv_async_t.self)
        let code = unsafe uv_async_init(loop.pointer, handle.typed(), wakeArrived)
        if code < 0 { handle.abandon() }
        try check(code, "open a mailbox on")
        handle.adopt(self)
    }

    func signal() { _ = unsafe uv_async_send(handle.typed()) }

    func close() {
        guard isOpen else { return }
        isOpen = false
        onClose()
        onWake = {}
        onClose = {}
        handle.close()
    }

    fileprivate func fire() { onWake() }
}

private let wakeArrived: uv_async_cb = { handle in
    unsafe withOwner(LoopWake.self, in: handle?.pointee.data) { $0.fire() }
}
