// Keyframe and change blocks, and digests.

public import CairnBasics
public import CairnWorld

/// A change block in the arena.
public struct ChangeBlock: Hashable, Sendable {
    public var range: Range<Int>
    /// True when whoever applies it has the keyframe of this tick.
    public var isKeyframe: Bool
    /// True when whoever applies it has the page as it is, and not with small errors.
    public var isExact: Bool
}

extension BlockStore {
    /// The tick of a page's newest keyframe; nil when the page has never had members.
    public func newestKeyframe(of page: PageID) -> Tick? {
        page.index < rings.count ? rings[page.index].newestTick : nil
    }

    /// True while changes against a keyframe can be had.
    public func holds(_ keyframe: Tick, of page: PageID) -> Bool {
        place(of: keyframe, page) != nil
    }

    /// The block of the newest keyframe.
    /// - Precondition: the page has one.
    public mutating func keyframeBlock(
        _ page: PageID, world: borrowing WorldState
    ) -> Range<Int> {
        precondition(rings[page.index].filled != 0)
        if wholes[page.index].isKnown(in: tick), let range = wholes[page.index].range {
            return range
        }
        let newest = place(page, rings[page.index].newest)
        let block = arena.append { (writer) throws(CodecError) in
            try keyframes[newest].encodeKeyframe(
                of: page, now: tick, grid: world.hash.grid, &coder, into: &writer)
        }
        guard let block else { preconditionFailure("a whole page fits a block") }
        counts.keyframeBlocks += 1
        wholes[page.index] = CachedBlock(tick: tick, range: block)
        return block
    }

    /// The change of a page since one of its keyframes.
    ///
    /// - Parameter isRough: leaves small errors out (see `BlockLimits`), but neither of a page that
    ///   has come to rest nor in a tick in which it gets a keyframe.
    /// - Returns: Nil when the keyframe is not held any more, or the change does not fit a block;
    ///   in that case the page now has a keyframe of this tick.
    public mutating func changeBlock(
        _ page: PageID, since keyframe: Tick, isRough: Bool = false, world: borrowing WorldState
    ) -> ChangeBlock? {
        let isRough = isRough && mayBeRough(page)
        if !isRough, let noted = news[page.index].change(since: keyframe) { return noted }
        guard let base = place(of: keyframe, page) else { return nil }
        if isRough {
            if !roughChanges[base].isKnown(in: tick) { encodeRough(page, base, world) }
            if let range = roughChanges[base].range {
                return ChangeBlock(
                    range: range, isKeyframe: false, isExact: roughChanges[base].isExact)
            }
        }
        if !changes[base].isKnown(in: tick) { encodeChange(page, base, world) }
        guard let range = changes[base].range else { return nil }
        let change = ChangeBlock(
            range: range, isKeyframe: changes[base].isKeyframe, isExact: true)
        news[page.index].note(change, since: keyframe)
        return change
    }

    /// A page at rest is told exactly, and so is one that gets a keyframe, or else whoever is told
    /// roughly would have none.
    private func mayBeRough(_ page: PageID) -> Bool {
        let rest = tick.steps(since: news[page.index].changedTick)
        return rest < Self.restTicks && !news[page.index].hasNewKeyframe
    }

    /// After so many ticks without a change a page rests.
    private static let restTicks = 4

    private mutating func encodeRough(
        _ page: PageID, _ base: Int, _ world: borrowing WorldState
    ) {
        look(at: page, world)
        var isExact = true
        let range = arena.append { (writer) throws(CodecError) in
            isExact = try current.encodeChange(
                of: page, from: keyframes[base], isKeyframe: false, isRough: true, reckoning,
                world: world, &coder, into: &writer)
        }
        counts.changeBlocks += 1
        roughChanges[base] = CachedBlock(tick: tick, range: range, isExact: isExact)
    }

    /// The digest of a page as it is now.
    public mutating func digest(of page: PageID, world: borrowing WorldState) -> UInt64 {
        look(at: page, world)
        return current.digest
    }

    /// The block that tells a receiver the digest of a page as it is now.
    ///
    ///     page: varint, digest: 8 bytes
    public mutating func digestBlock(
        _ page: PageID, world: borrowing WorldState
    ) -> Range<Int> {
        if digests[page.index].isKnown(in: tick), let range = digests[page.index].range {
            return range
        }
        let digest = digest(of: page, world: world)
        let block = arena.append { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(page.raw))
            try writer.put(digest)
        }
        guard let block else { preconditionFailure("a digest fits a block") }
        digests[page.index] = CachedBlock(tick: tick, range: block)
        return block
    }

    /// A block that ends pages for one receiver; it is not shared.
    ///
    ///     page: varint, as many as there are
    /// - Parameter room: below zero where a budget is overdrawn; then none are.
    /// - Returns: The block and how many of the pages, from the first, are in it.
    mutating func leaveBlock(_ pages: [PageID], room: Int) -> (range: Range<Int>, count: Int) {
        var count = 0
        let block = arena.append(limit: max(0, min(room, BlockLimits.byteCount))) {
            (writer) throws(CodecError) in
            for page in pages where writer.room >= Self.longestPageNumber {
                try writer.putVarint(UInt64(page.raw))
                count += 1
            }
        }
        guard let block else { preconditionFailure("there was room for every number") }
        return (block, count)
    }

    /// A varint below `PageID.limit`.
    private static let longestPageNumber = 4

    /// Takes a keyframe of a page as it is now, in place of the oldest of its kind.
    mutating func cut(_ page: PageID, _ world: borrowing WorldState) {
        let isLong = schedule.isLong(page, at: tick)
        let place = place(page, rings[page.index].add(tick, isLong: isLong))
        keyframes[place].take(page, from: world)
        if page.index < news.count { news[page.index].hasNewKeyframe = true }
        changes[place].forget()
        roughChanges[place].forget()
        wholes[page.index].forget()
        counts.keyframesCut += 1
    }

    private mutating func encodeChange(
        _ page: PageID, _ base: Int, _ world: borrowing WorldState
    ) {
        look(at: page, world)
        let newest = place(page, rings[page.index].newest)
        let isKeyframe = base != newest && keyframes[newest].tick == tick
        let range = arena.append { (writer) throws(CodecError) in
            try current.encodeChange(
                of: page, from: keyframes[base], isKeyframe: isKeyframe, reckoning, world: world,
                &coder, into: &writer)
        }
        counts.changeBlocks += 1
        changes[base] = CachedBlock(tick: tick, range: range, isKeyframe: isKeyframe)
        guard range == nil else { return }
        counts.oversizeChanges += 1
        if keyframes[newest].tick != tick { cut(page, world) }
    }

    /// About what keyframe blocks of some pages take in packets, with room for the change since.
    static func wholePageEstimate(pages: Int, members: Int) -> Int { pages * 128 + members * 18 }

    private mutating func look(at page: PageID, _ world: borrowing WorldState) {
        let isStill = isStill(world)
        assert(isStill, "the world changed while it was being told")
        guard currentPage != page else { return }
        current.take(page, from: world)
        currentPage = page
    }

    private func place(_ page: PageID, _ ringIndex: Int) -> Int {
        page.index &* BlockLimits.keyframes &+ ringIndex
    }

    private func place(of keyframe: Tick, _ page: PageID) -> Int? {
        guard page.index < rings.count else { return nil }
        return rings[page.index].place(of: keyframe).map { place(page, $0) }
    }
}
