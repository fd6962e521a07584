/// Rows of one allocation that never move and are never copied, each taken or not.
///
/// The standard library's arrays hold copyable elements only, and reading one field of an optional element
/// copies the whole element. Memory for every row is reserved at once and touched when a row is first
/// taken. O(1) for everything.
@safe public struct RowTable<Row: ~Copyable>: ~Copyable {
    public let capacity: Int
    @usableFromInline let rows: UnsafeMutablePointer<Row>
    @usableFromInline var isTaken: [Bool] = []

    public init(capacity: Int) {
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

    /// Every row that was ever taken, and those before them.
    @inlinable public var indices: Range<Int> { 0..<isTaken.count }

    /// True when a row is taken; false for any other number.
    @inlinable public func contains(_ index: Int) -> Bool {
        index >= 0 && index < isTaken.count && isTaken[index]
    }

    /// The row, in place.
    /// - Precondition: it is taken.
    @inlinable public subscript(index: Int) -> Row {
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

    /// Takes a row.
    /// - Precondition: it is free, and below `capacity`.
    public mutating func insert(_ row: consuming Row, at index: Int) {
        precondition(index >= 0 && index < capacity && !contains(index))
        while isTaken.count <= index { isTaken.append(false) }
        unsafe (rows + index).initialize(to: row)
        isTaken[index] = true
    }

    /// Frees a row; what it owned is gone.
    /// - Precondition: it is taken.
    public mutating func remove(_ index: Int) {
        precondition(contains(index))
        unsafe (rows + index).deinitialize(count: 1)
        isTaken[index] = false
    }
}
