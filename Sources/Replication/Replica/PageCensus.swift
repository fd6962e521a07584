// How many states of entities a block of motion brings, without decoding it: what a keyframe's
// occupied slots and a change's departed and arrived ones say in the clear.
//
// One census serves many receivers of one server, since the keyframes that changes are told against
// are the same for all. It counts as `Replica.counts.memberStates` does, with one difference: it
// takes it that whoever is sent a change has the keyframe. Where packets are lost a receiver may not
// have it yet, and the census counts what that receiver cannot read.
//
// Costs some ten nanoseconds a block, 32 bytes a page, and 8 for every tick of a page of which there may
// be a keyframe that is still told against.

package import CairnBasics
package import CairnWire
import CairnWorld

package struct PageCensus: Sendable {
    /// What a block of a page came to: everybody near gets the same ones.
    private struct Answer {
        var tick: UInt32 = 0
        var age = UInt16.max
        var states: UInt16 = 0
    }

    private struct Keyframe {
        var tick: UInt32 = 0
        var slots: UInt32 = 0
    }

    /// What blocks of pages beyond bring is not counted.
    private static let pageLimit = 1 << 16

    /// The keyframes of each page by tick, as many ticks as two sets of long ones take; a page whose
    /// slots are all free has no keyframe.
    private var keyframes: [Keyframe] = []
    private let ticksKept: Int
    /// By page, what the newest changes came to against keyframes of different ages.
    private var answers: [Answer] = []
    private static let answersKept = 4

    /// - Precondition: `tickHertz` is at least 1.
    package init(tickHertz: Int) {
        let schedule = KeyframeSchedule(tickHertz: tickHertz)
        ticksKept = 2 * BlockLimits.longKeyframes * Int(schedule.longPeriod)
    }

    private func place(_ page: Int, _ tick: UInt32) -> Int {
        page &* ticksKept &+ Int(tick) & (ticksKept &- 1)
    }

    /// How many states of the packet's own tick a block brings; 0 for frames that are no blocks of
    /// motion, for keyframes from before that tick, and for changes of keyframes that nobody has
    /// been sent.
    /// - Throws: when what is read of the block is malformed.
    package mutating func states(
        _ type: FrameType, _ body: RawSpan, tick: Tick
    ) throws(CodecError) -> Int {
        guard type == .keyframeBlock || type == .changeBlock else { return 0 }
        var reader = ByteReader(body)
        let page = try PageID(decoding: &reader).index
        guard page < Self.pageLimit else { return 0 }
        if keyframes.count < (page &+ 1) &* ticksKept { makeRoom(for: page) }
        if type == .keyframeBlock {
            let header = try KeyframeHeader(decoding: &reader)
            let cut = tick.number &- header.age
            keyframes[place(page, cut)] = Keyframe(tick: cut, slots: header.occupied)
            return header.age == 0 ? header.occupied.nonzeroBitCount : 0
        }
        let mark = reader
        let age = try reader.getVarint() >> 3
        let answer = page &* Self.answersKept &+ Int(truncatingIfNeeded: age & 3)
        if answers[answer].tick == tick.number, UInt64(answers[answer].age) == age {
            return Int(answers[answer].states)
        }
        reader = mark
        let header = try ChangeHeader(decoding: &reader)
        let base = keyframes[place(page, tick.number &- header.age)]
        guard base.tick == tick.number &- header.age else { return 0 }
        let slots = base.slots & ~header.departed | header.arrived
        if header.isKeyframe {
            keyframes[place(page, tick.number)] = Keyframe(tick: tick.number, slots: slots)
        }
        answers[answer] = Answer(
            tick: tick.number, age: UInt16(clamping: header.age),
            states: UInt16(slots.nonzeroBitCount))
        return slots.nonzeroBitCount
    }

    private mutating func makeRoom(for page: Int) {
        let missing = (page &+ 256) &* ticksKept &- keyframes.count
        keyframes.append(contentsOf: repeatElement(Keyframe(), count: missing))
        answers.append(
            contentsOf: repeatElement(
                Answer(), count: (page &+ 256) &* Self.answersKept &- answers.count))
    }
}
