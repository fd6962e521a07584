/// Where a server keeps its connections: rows of one allocation that never move and are never
/// copied.
///
/// A connection owns the only sealer of its key, so it is noncopyable, and the standard library's
/// arrays hold copyable elements only. Memory for every row is reserved at once and touched when a
/// row is first taken.
@safe struct SlotTable: ~Copyable {
    let capacity: Int
    private let rows: UnsafeMutablePointer<ServerEndpoint.Slot>
    private var isTaken: [Bool] = []
    private var free: [Int] = []

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        unsafe rows = .allocate(capacity: capacity)
    }

    deinit {
        for index in isTaken.indices where isTaken[index] {
            unsafe (rows + index).deinitialize(count: 1)
        }
        unsafe rows.deallocate()
    }

    /// How many rows are taken.
    var count: Int { isTaken.count - free.count }
    /// One more than the highest row ever taken.
    var end: Int { isTaken.count }

    /// True when a row is taken; false for any other number.
    func contains(_ index: Int) -> Bool {
        index >= 0 && index < isTaken.count && isTaken[index]
    }

    /// The row, in place.
    /// - Precondition: it is taken.
    subscript(index: Int) -> ServerEndpoint.Slot {
        // Safe: only taken rows are initialised, and the check lets only those through.
        _read {
            precondition(contains(index))
            yield unsafe rows[index]
        }
        _modify {
            precondition(contains(index))
            yield unsafe &rows[index]
        }
    }

    /// Takes a row, the one freed last if there is one.
    /// - Precondition: `count` is under `capacity`.
    mutating func insert(_ slot: consuming ServerEndpoint.Slot) -> Int {
        precondition(count < capacity)
        let index: Int
        if let freed = free.popLast() {
            index = freed
            isTaken[index] = true
        } else {
            index = isTaken.count
            isTaken.append(true)
        }
        unsafe (rows + index).initialize(to: slot)
        return index
    }

    /// Frees a row; what it owned is gone, its keys wiped.
    /// - Precondition: it is taken.
    mutating func remove(_ index: Int) {
        precondition(contains(index))
        unsafe (rows + index).deinitialize(count: 1)
        isTaken[index] = false
        free.append(index)
    }
}
