// Keyframes, changes and leaves: what moves a page forward, and what ends it.

import CairnBasics
import CairnWorld

extension Replica {
    @_lifetime(reader: copy reader)
    mutating func receiveKeyframe(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        let page = try PageID(decoding: &reader)
        let keyframe = try PageSnapshot(decodingKeyframe: &reader, now: now, grid: grid, &models)
        guard let index = openPage(page, now) else { return }
        if let state = pages[index].state, state.cell != keyframe.cell {
            // The index has been used again; blocks of the former page may still arrive.
            guard now.isNewer(than: pages[index].heard) else {
                counts.staleBlocks += 1
                return
            }
            for row in memberRows(of: index) { release(row: row, now, nil) }
            pages[index].clear()
        }
        if now.isNewer(than: pages[index].heard) { pages[index].heard = now }
        pages[index].keep(keyframe, schedule)
        adopt(keyframe, at: index, Departures())
    }

    @_lifetime(reader: copy reader)
    mutating func receiveChange(
        _ reader: inout ByteReader, _ now: Tick
    ) throws(CodecError) {
        let page = try PageID(decoding: &reader)
        let header = try ChangeHeader(decoding: &reader)
        let keyframe = Tick(now.number &- header.age)
        guard let index = index(of: page), let base = pages[index].keyframe(keyframe) else {
            counts.unknownKeyframes += 1
            return
        }
        if pages[index].isKnown(at: now) {
            counts.staleBlocks += 1
            guard header.isKeyframe else { return }
        }
        var snapshot = pages[index].keyframes[base]
        var departures = Departures()
        try snapshot.applyChange(
            header, decoding: &reader, reckoning, grid: grid, &models, departures: &departures)
        if now.isNewer(than: pages[index].heard) { pages[index].heard = now }
        if header.isKeyframe { pages[index].keep(snapshot, schedule) }
        adopt(snapshot, at: index, departures)
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
        guard !pages[index].heard.isNewer(than: now) else {
            counts.staleBlocks += 1
            return
        }
        for row in memberRows(of: index) { remove(row: row, .outOfInterest) }
        pages[index].clear()
        pages[index].isLeft = true
        pages[index].heard = now
    }

    /// The page to which a keyframe belongs; nil when it is from before the page was left.
    private mutating func openPage(_ page: PageID, _ now: Tick) -> Int? {
        guard let index = index(of: page) else { return addPage(page, now) }
        guard pages[index].isLeft else { return index }
        guard now.isNewer(than: pages[index].heard) else {
            counts.staleBlocks += 1
            return nil
        }
        pages[index].isLeft = false
        return index
    }

    private mutating func addPage(_ page: PageID, _ now: Tick) -> Int? {
        guard pages.count < ReplicaLimits.pages else {
            counts.refusals += 1
            return nil
        }
        pages.append(ReplicaPage(page: page, heard: now))
        pageIndices[UInt64(page.raw)] = Int32(pages.count - 1)
        return pages.count - 1
    }

    /// Lets go of pages that were left so long ago that no packet of theirs can arrive.
    mutating func forgetLeftPages(_ now: Tick) {
        var index = 0
        while index < pages.count {
            guard pages[index].isLeft, now.steps(since: pages[index].heard) > horizonTicks else {
                index += 1
                continue
            }
            pageIndices.remove(UInt64(pages[index].page.raw))
            let last = pages.removeLast()
            if index < pages.count {
                pages[index] = last
                pageIndices[UInt64(last.page.raw)] = Int32(index)
            }
        }
    }
}
