import CairnBasics
import CairnCRDT
import Testing

/// The states that one field went through in a history, deltas included.
private func states(of field: FieldID, seed: UInt64, impostor: Bool) -> [FieldState] {
    var states: [FieldState] = []
    for lattice in randomHistory(seed: seed, edits: 300, impostor: impostor) {
        for id in lattice.knownIDs { if let state = lattice[id]?[field] { states.append(state) } }
    }
    return states
}

@Suite struct FieldsObeyTheLawsTests {
    static let fields: [FieldID] = [
        .register, .counter, .set, .map, .maximum, .minimum, .multiValue, .bounded, .attachment,
        .disputed,
    ]

    /// In release 200,000 triples for every type, each held to the five laws: a million cases.
    @Test(arguments: fields, UInt64(0)..<8)
    func everyFieldTypeIsASemilattice(field: FieldID, seed: UInt64) throws {
        let samples = states(of: field, seed: seed, impostor: seed % 2 == 1)
        try #require(samples.count > 10)
        expectJoinLaws(samples, triples: 2_500, seed: seed, comesBack: \.comesBack) {
            $0.join($1)
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func fieldsOfDifferentTypesFormASemilatticeTogether(seed: UInt64) {
        let samples = Self.fields.flatMap { states(of: $0, seed: seed, impostor: false) }
        expectJoinLaws(samples, triples: 4_000, seed: seed, comesBack: \.comesBack) {
            $0.join($1)
        }
    }

    @Test(arguments: fields)
    func everyFieldStateComesBackAsItWasWritten(field: FieldID) throws {
        for state in states(of: field, seed: 3, impostor: false) { #expect(state.comesBack) }
    }

    @Test func aLargerTypeReplacesASmallerOneInBothDirections() {
        var first = Site(1)
        let id = first.create()
        var second = Site(2)
        second.receive(first.lattice)
        first.set(id, .integer(1), in: .disputed)
        second.insert(id, .integer(2), in: .disputed)
        let delta = second.journal[0]
        second.receive(first.lattice)
        first.receive(delta)
        #expect(first.lattice == second.lattice)
        #expect(first.lattice[id]?[.disputed]?.set?.elements == [.integer(2)])
    }
}
