// Where a libuv handle lives, and how long.
//
// A handle must not move and must outlive its close callback, which libuv calls an iteration after
// `uv_close`. So its memory is allocated once, it holds its Swift owner alive from `adopt` to the
// close callback, and the callback frees both.

import CLibuv

/// An object on whose behalf a handle is open.
protocol HandleOwner: AnyObject {
    /// Starts closing the handle; closing twice does nothing.
    func close()
}

/// The memory of one handle, of whichever libuv type (`uv_udp_t`, `uv_async_t`, …).
@safe struct Handle {
    /// The handle as libuv's base type.
    let base: UnsafeMutablePointer<uv_handle_t>

    init<Raw>(_: Raw.Type) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<Raw>.size, alignment: MemoryLayout<Raw>.alignment)
        // Zeros, so that a failed initialisation leaves no wild data pointer.
        unsafe memory.initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<Raw>.size)
        unsafe base = memory.assumingMemoryBound(to: uv_handle_t.self)
    }

    /// The handle as the type it was made with.
    func typed<Raw>(_: Raw.Type = Raw.self) -> UnsafeMutablePointer<Raw> {
        unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(to: Raw.self)
    }

    /// Holds the owner until the handle is closed; callbacks find it in the handle's `data`.
    /// - Precondition: libuv has initialised the handle.
    func adopt(_ owner: some HandleOwner) {
        unsafe base.pointee.data = Unmanaged.passRetained(owner).toOpaque()
    }

    /// Frees a handle that libuv never came to know.
    func abandon() { unsafe UnsafeMutableRawPointer(base).deallocate() }

    /// Closes an initialised handle; its memory and its hold on the owner end an iteration later.
    func close() { unsafe uv_close(base, finishClosing) }
}

private let finishClosing: uv_close_cb = { handle in
    guard let handle = unsafe handle else { return }
    if let context = unsafe handle.pointee.data {
        unsafe Unmanaged<AnyObject>.fromOpaque(context).release()
    }
    unsafe UnsafeMutableRawPointer(handle).deallocate()
}

/// Calls `body` with the owner that a handle's callback finds in `data`, without retaining it.
@inline(__always)
func withOwner<Owner: HandleOwner>(
    _: Owner.Type, in context: UnsafeMutableRawPointer?, _ body: (Owner) -> Void
) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Owner>.fromOpaque(context)._withUnsafeGuaranteedRef { body($0) }
}
