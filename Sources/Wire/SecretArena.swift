// Where every secret of the process lies: pages that no core dump contains, that stay out of swap as
// far as the system lets us lock them, and that have inaccessible pages on either side, so that no
// overrun of other memory reads them. libsodium's `sodium_malloc` makes such pages (madvise
// MADV_DONTDUMP, mlock, mprotect); one call for each key would cost 16 KiB, so a chunk holds many.
//
// Slots have sizes of powers of two; a freed slot is wiped at once and given out again. Chunks are
// never given back. Ten thousand sessions take some 30 MiB. Taking a slot is a lock and a pop,
// and happens when keys are made, never per packet: under 0.1 µs with the wiping and the object around it.
//
// The lock makes this the one place below `Runtime` that knows of threads: secrets are shared
// between them, and the last owner of one may let go anywhere, as with any memory.

internal import CSodium
import Synchronization

/// Memory for secrets, by size.
enum SecretArena {
    /// A chunk's size: whole pages but for the 16 bytes that libsodium keeps before them.
    static let chunkBytes = 65_536 - 16
    /// Slots begin where cache lines do.
    static let firstSlot = 48
    /// The smallest slot, and the largest that shares a chunk; more gets pages of its own.
    static let smallest = 16
    static let largest = 4_096

    private struct Slots {
        /// Addresses of free slots, by the logarithm of their size.
        var free = [[UInt]](repeating: [], count: 13)
        /// What is left of the newest chunk.
        var next: UInt = 0
        var end: UInt = 0
    }

    private static let slots = Mutex(Slots())

    /// Bytes of the slot that `byteCount` bytes get.
    static func slotBytes(_ byteCount: Int) -> Int {
        var bytes = smallest
        while bytes < byteCount { bytes *= 2 }
        return bytes
    }

    /// Memory for `byteCount` bytes, zeroed, aligned for vector units.
    static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(sodiumReady())
        guard byteCount <= largest else { return unsafe pages(byteCount) }
        let bytes = slotBytes(byteCount)
        let address = slots.withLock { slots in
            slots.free[bytes.trailingZeroBitCount].popLast() ?? carve(bytes, from: &slots)
        }
        // Safe: the address is of a slot that nobody else has.
        return unsafe UnsafeMutableRawPointer(bitPattern: address)!
    }

    /// Wipes memory that `take` gave for as many bytes, and lets others have it.
    static func give(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) {
        // `sodium_free` wipes too.
        guard byteCount <= largest else { return unsafe sodium_free(memory) }
        let bytes = slotBytes(byteCount)
        unsafe sodium_memzero(memory, bytes)
        let address = UInt(bitPattern: memory)
        slots.withLock { $0.free[bytes.trailingZeroBitCount].append(address) }
    }

    private static func carve(_ bytes: Int, from slots: inout Slots) -> UInt {
        // With what aligning may cost.
        if slots.end - slots.next < UInt(bytes) + 48 {
            splitRest(of: &slots)
            let chunk = unsafe UInt(bitPattern: pages(chunkBytes))
            slots.next = chunk + UInt(firstSlot)
            slots.end = chunk + UInt(chunkBytes)
        }
        align(bytes, &slots)
        let address = slots.next
        slots.next += UInt(bytes)
        return address
    }

    /// Slots of a cache line and more begin where one does; what lies before it becomes smaller ones.
    private static func align(_ bytes: Int, _ slots: inout Slots) {
        let line = UInt(min(bytes, 64))
        while slots.next & (line - 1) != 0 {
            let size = slots.next & ~(slots.next - 1)
            guard slots.next + size <= slots.end else { return }
            slots.free[size.trailingZeroBitCount].append(slots.next)
            slots.next += size
        }
    }

    /// What a chunk has left, when it is too little, becomes smaller slots.
    private static func splitRest(of slots: inout Slots) {
        align(largest, &slots)
        var bytes = largest
        while bytes >= smallest {
            while slots.end - slots.next >= UInt(bytes) {
                slots.free[bytes.trailingZeroBitCount].append(slots.next)
                slots.next += UInt(bytes)
            }
            bytes /= 2
        }
    }

    /// Pages of their own; whole vectors, since libsodium puts the end at the end of a page.
    private static func pages(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let bytes = (byteCount + 15) / 16 * 16
        guard let memory = unsafe sodium_malloc(bytes) else {
            preconditionFailure("no memory for a secret")
        }
        unsafe sodium_memzero(memory, bytes)
        return unsafe memory
    }
}
