// Every allocation of the server's thread is counted (Tests/MallocCounter) while it takes in datagrams
// and ticks. What the zero covers: datagrams of steering and acknowledgements, the world's step, blocks,
// packets, receipts, for a crowd that walks to and fro in one square. What it does not cover: joins,
// leaves, intents and speech, whoever walks into another cell, and tables that grow with the largest
// crowd there was.

import CairnBasics
import CairnWorld
import MallocCounter
import Testing

#if !DEBUG
    @Suite(.serialized) struct NothingIsAllocatedInATickTests {
        @Test func aCrowdThatWalksMakesTheServerAllocateNothing() {
            let crowd = Crowd(capacity: 100)
            crowd.add(100)
            malloc_counter_unhook_errors()
            crowd.run(ticks: 1_200, walking: true)
            let (allocations, datagrams) = (crowd.allocations, crowd.datagramCount)
            crowd.run(ticks: 200, walking: true)
            malloc_counter_hook_errors()
            #expect(crowd.clientCount == 100)
            #expect(crowd.datagramCount - datagrams >= 100 * 200, "everybody is told every tick")
            let made = crowd.allocations - allocations
            #expect(made == 0, "in 200 ticks of 100 clients")
        }
    }

    /// What a client and an entity take of the server's memory. Twice what is written here, and the
    /// thousands that a world is for do not fit a small machine.
    @Suite(.serialized) struct MemoryIsBoundedTests {
        /// Keys lie in pages of their own, which the counter does not see: three to an opener, one to
        /// a sealer, of 544 bytes each.
        static let keyBytes = 4 * 544

        @Test func anIdleClientTakesLessThan24KiB() {
            let count = 400
            let none = Crowd(capacity: 1).heldBytes
            let crowd = Crowd(capacity: count)
            crowd.add(count)
            crowd.run(ticks: 400, walking: false)
            let bytes = (crowd.heldBytes - none) / count + Self.keyBytes
            print("an idle client: \(bytes) bytes")
            #expect(crowd.clientCount == count)
            #expect(bytes > 1_000, "the counter counts")
            #expect(bytes < 24 * 1_024)
        }

        @Test func aPlainEntityTakesLessThan450Bytes() {
            // Tables double: near a power of two they are full, and what they hold is what they take.
            let few = Crowd(capacity: 1, Crowd.square(things: 4_000))
            let many = Crowd(capacity: 1, Crowd.square(things: 8_000))
            few.run(ticks: 3, walking: false)
            many.run(ticks: 3, walking: false)
            #expect(many.entityCount - few.entityCount == 4_000)
            let bytes = (many.heldBytes - few.heldBytes) / 4_000
            print("a plain entity: \(bytes) bytes")
            #expect(bytes > 50, "the counter counts")
            #expect(bytes < 450)
        }
    }
#endif
