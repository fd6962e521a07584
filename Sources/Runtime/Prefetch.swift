// Telling the processor what will be needed next. A loop over thousands of objects, each of some
// kilobytes, waits for memory at every one of them; while it works on one it can ask for the next.

import CPlatform

/// Asks for the memory of an object that will be used soon; nothing happens if it never is.
///
/// - Parameter byteCount: How much of it.
@inline(__always)
public func prefetch(_ object: AnyObject, byteCount: Int) {
    unsafe cplatform_prefetch(Unmanaged.passUnretained(object).toOpaque(), byteCount)
}
