import Testing

/// `protocol/STATE-MACHINE.md`, held against both endpoints cell by cell.
@Suite struct StateMachineTests {
    @Test(arguments: ["The server", "The client"])
    func aTableHasEveryPairOfStateAndEventOnce(heading: String) throws {
        let table = try StateTable(under: heading)
        #expect(table.states == (heading == "The server" ? ServerScene.states : ClientScene.states))
        #expect(table.rows.count > 25)
        #expect(Set(table.rows.map(\.event)).count == table.rows.count)
        for row in table.rows { #expect(row.cells.count == table.states.count, "\(row.event)") }
    }

    @Test func theServerDoesInEveryStateWhatItsTableSaysOfEveryEvent() throws {
        let table = try StateTable(under: "The server")
        for row in table.rows {
            for (state, cell) in zip(table.states, row.cells) {
                let reaction = ServerScene.reaction(to: row.event, in: state)
                #expect(reaction?.description == cell, "\(row.event), \(state)")
            }
        }
    }

    @Test func theClientDoesInEveryStateWhatItsTableSaysOfEveryEvent() throws {
        let table = try StateTable(under: "The client")
        for row in table.rows {
            for (state, cell) in zip(table.states, row.cells) {
                let reaction = ClientScene.reaction(to: row.event, in: state)
                #expect(reaction?.description == cell, "\(row.event), \(state)")
            }
        }
    }

    /// Every frame of the standard has a row, so that a new one needs a new row.
    @Test func theTablesKnowEveryFrame() throws {
        for heading in ["The server", "The client"] {
            let events = try StateTable(under: heading).rows.map(\.event)
            for event in frameEvents { #expect(events.contains(event), "\(heading): \(event)") }
        }
    }
}
