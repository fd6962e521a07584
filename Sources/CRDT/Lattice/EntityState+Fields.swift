// Most deltas set one latest-wins field and many entities have one, so the first field lies in the
// entity's row when it is of that type, and only others take an array on the heap. Its stamp and
// number lie apart from its value: they are plain bytes, which are read without touching any
// reference count, and mostly they are all that a join reads.

import CairnBasics

extension EntityState {
    /// The fields of one entity, ascending by number.
    public struct Fields: RandomAccessCollection, Equatable, Sendable {
        /// The stamp, number and value of the first field, when that is latest-wins; else zeros.
        private var stamp = Stamp.none
        private(set) var leastID = FieldID(0)
        private(set) var hasRegister = false
        private var value = Scalar.boolean(false)
        /// The other fields.
        private var others: [Field] = []

        init() {}

        init(_ id: FieldID, _ state: FieldState) { place(id, state) }

        public var startIndex: Int { 0 }
        public var endIndex: Int { others.count + (hasRegister ? 1 : 0) }

        public subscript(index: Int) -> Field {
            if index == 0 && hasRegister { return Field(id: leastID, state: .latest(register)) }
            return others[hasRegister ? index - 1 : index]
        }

        /// The state of a field; nil when nobody has written it.
        /// - Complexity: O(log fields)
        subscript(field: FieldID) -> FieldState? {
            if hasRegister && leastID == field { return .latest(register) }
            let index = others.partitionPoint { $0.id < field }
            return index < others.count && others[index].id == field ? others[index].state : nil
        }

        /// Adds a field that comes after all there are.
        mutating func append(_ field: Field) {
            if isEmpty { place(field.id, field.state) } else { others.append(field) }
        }

        mutating func reserveCapacity(_ count: Int) {
            if count > 1 { others.reserveCapacity(count - 1) }
        }

        /// True when there is a register here and in `theirs` nothing but one of the same number.
        func areJoined(byRegisterOf theirs: Fields) -> Bool {
            hasRegister && theirs.hasRegister && leastID == theirs.leastID
                && theirs.others.isEmpty
        }

        /// Joins the register of `theirs`, which is of the same number.
        mutating func joinRegister(_ theirs: Fields) -> Bool {
            if stamp == theirs.stamp {
                guard value < theirs.value else { return false }
            } else {
                guard stamp < theirs.stamp else { return false }
                stamp = theirs.stamp
            }
            value = theirs.value
            return true
        }

        /// Joins the fields of another state or delta.
        ///
        /// - Returns: True when any of these changed.
        /// - Complexity: O(m log n) for m fields joined into n, and what the fields take.
        mutating func join(_ theirs: Fields) -> Bool {
            var changed = false
            if theirs.hasRegister {
                changed =
                    hasRegister && leastID == theirs.leastID
                    ? joinRegister(theirs) : join(theirs.leastID, .latest(theirs.register))
            }
            for field in theirs.others where join(field.id, field.state) { changed = true }
            return changed
        }

        fileprivate mutating func join(_ id: FieldID, _ state: FieldState) -> Bool {
            if hasRegister && id <= leastID {
                var least = FieldState.latest(register)
                hasRegister = false
                if id < leastID {
                    insert(leastID, least, at: 0)
                    place(id, state)
                    return true
                }
                let changed = least.join(state)
                place(id, least)
                return changed
            }
            let index = others.partitionPoint { $0.id < id }
            if index < others.count && others[index].id == id {
                return others[index].state.join(state)
            }
            if index == 0 && !hasRegister {
                place(id, state)
            } else {
                insert(id, state, at: index)
            }
            return true
        }

        /// Puts a field before all others, among which there is no register.
        private mutating func place(_ id: FieldID, _ state: FieldState) {
            if case .latest(let register) = state {
                (leastID, stamp, value) = (id, register.stamp, register.value)
                hasRegister = true
            } else {
                (leastID, stamp, value) = (FieldID(0), Stamp.none, .boolean(false))
                insert(id, state, at: 0)
            }
        }

        private mutating func insert(_ id: FieldID, _ state: FieldState, at index: Int) {
            let field = Field(id: id, state: state)
            // By far the commonest, and an insertion takes its time to find that out.
            if others.isEmpty { others = [field] } else { others.insert(field, at: index) }
        }

        private var register: LatestRegister { LatestRegister(canonical: value, stamp: stamp) }
    }
}

extension EntityState.Fields: ExpressibleByArrayLiteral {
    /// Fields in any order.
    public init(arrayLiteral fields: EntityState.Field...) {
        for field in fields { _ = join(field.id, field.state) }
    }
}
