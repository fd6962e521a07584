// Keyframes, changes and leaves: what moves a page forward, and what ends it.

import CairnBasics
import CairnWorld

extension Replica {
    @_lifetime(reader: copy reader)
    mutating func receiveKeyframe(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        let page = try PageID(decoding: &reader)
        scratch = try PageSnapshot(decodingKeyframe: &reader, now: now, grid: grid, &models)
        guard let index = openPage(page, now) else { return }
        if pages.heads[index].hasState, pages.states[index].cell != scratch.cell {
            // The index has been used again; blocks of the former page may still arrive.
            guard now.isNewer(than: pages.heads[index].heard) else {
                counts.staleBlocks += 1
                return
            }
            for row in memberRows(of: index) { release(row: row, now, nil) }
            pages.clear(index)
        }
        if now.isNewer(than: pages.heads[index].heard) { pages.heads[index].heard = now }
        pages.keep(scratch, index, schedule)
        if scratch.tick == now { countStates(of: index) }
        adoptScratch(at: index, Departures())
    }

    @_lifetime(reader: copy reader)
    mutating func receiveChange(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        let page = try PageID(decoding: &reader)
        let header = try ChangeHeader(decoding: &reader)
        let keyframe = Tick(now.number &- header.age)
        guard let index = index(of: page), let base = pages.keyframe(index, at: keyframe) else {
            counts.unknownKeyframes += 1
            return
        }
        if pages.isKnown(index, at: now) {
            counts.staleBlocks += 1
            guard header.isKeyframe else { return }
        }
        scratch.copy(from: pages.keyframes[base])
        var departures = Departures()
        try scratch.applyChange(
            header, decoding: &reader, reckoning, grid: grid, &models, departures: &departures)
        if now.isNewer(than: pages.heads[index].heard) { pages.heads[index].heard = now }
        if header.isKeyframe { pages.keep(scratch, index, schedule) }
        countStates(of: index)
        adoptScratch(at: index, departures)
    }

    /// Counts the states that a block has brought of the tick of its packet; a keyframe from before
    /// is what they are told against, and no news.
    private mutating func countStates(of index: Int) {
        guard !pages.isKnown(index, at: scratch.tick) else { return }
        counts.memberStates &+= UInt64(scratch.occupied.nonzeroBitCount)
    }

    @_lifetime(reader: copy reader)
    mutating func receiveLeaves(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        while reader.remaining > 0 { leave(try PageID(decoding: &reader), now) }
    }

    /// Ends a page, unless it was heard of later.
    private mutating func leave(_ page: PageID, _ now: Tick) {
        guard let index = index(of: page) ?? addPage(page, now) else { return }
        guard !pages.heads[index].heard.isNewer(than: now) else {
            counts.staleBlocks += 1
            return
        }
        for row in memberRows(of: index) { remove(row: row, .outOfInterest) }
        pages.clear(index)
        pages.heads[index].isLeft = true
        pages.heads[index].heard = now
    }

    /// The page to which a keyframe belongs; nil when it is from before the page was left.
    private mutating func openPage(_ page: PageID, _ now: Tick) -> Int? {
        guard let index = index(of: page) else { return addPage(page, now) }
        guard pages.heads[index].isLeft else { return index }
        guard now.isNewer(than: pages.heads[index].heard) else {
            counts.staleBlocks += 1
            return nil
        }
        pages.heads[index].isLeft = false
        return index
    }

    private mutating func addPage(_ page: PageID, _ now: Tick) -> Int? {
        guard pages.count < ReplicaLimits.pages else {
            counts.refusals += 1
            return nil
        }
        pages.append(page, heard: now)
        pageIndices[UInt64(page.raw)] = Int32(pages.count - 1)
        return pages.count - 1
    }

    /// Lets go of pages that were left so long ago that no packet of theirs can arrive.
    mutating func forgetLeftPages(_ now: Tick) {
        var index = 0
        while index < pages.count {
            guard pages.heads[index].isLeft,
                now.steps(since: pages.heads[index].heard) > horizonTicks
            else {
                index += 1
                continue
            }
            pageIndices.remove(UInt64(pages.heads[index].page.raw))
            pages.remove(at: index)
            if index < pages.count {
                pageIndices[UInt64(pages.heads[index].page.raw)] = Int32(index)
            }
        }
    }
}
