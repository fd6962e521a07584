import CLibuv

/// A queue that one thread waits on and others fill; first in, first out.
///
/// A mutex and a condition of libuv's (`uv_mutex_t`, `uv_cond_t`), because the standard library has
/// no condition to wait for. Neither side holds the lock for longer than an append or a swap.
@safe final class WaitingQueue<Element: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<uv_mutex_t>
    private let condition: UnsafeMutablePointer<uv_cond_t>
    private var waiting: [Element] = []
    private var isClosed = false
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        let code = unsafe uv_mutex_init(mutex) | uv_cond_init(condition)
        precondition(code == 0, "no memory for a lock")
    }

    deinit {
        unsafe uv_cond_destroy(condition)
        unsafe uv_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Appends without waiting; false when the queue is full or closed.
    func append(_ element: Element) -> Bool {
        unsafe uv_mutex_lock(mutex)
        defer { unsafe uv_mutex_unlock(mutex) }
        guard !isClosed, waiting.count < capacity else { return false }
        waiting.append(element)
        unsafe uv_cond_signal(condition)
        return true
    }

    /// Refuses further elements; those already in are still given out.
    func close() {
        unsafe uv_mutex_lock(mutex)
        isClosed = true
        unsafe uv_cond_broadcast(condition)
        unsafe uv_mutex_unlock(mutex)
    }

    /// Waits for something, and takes all there is; nil once closed and empty.
    func takeAll() -> [Element]? {
        unsafe uv_mutex_lock(mutex)
        defer { unsafe uv_mutex_unlock(mutex) }
        while waiting.isEmpty && !isClosed { unsafe uv_cond_wait(condition, mutex) }
        guard !waiting.isEmpty else { return nil }
        let taken = waiting
        waiting = []
        return taken
    }
}
