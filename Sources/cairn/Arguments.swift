// What several commands take from the command line, with errors that say what would be taken.

import ArgumentParser
import CairnBasics

/// An address and port, as a person types them.
struct AddressArgument: ExpressibleByArgument {
    let address: NetworkAddress

    init?(argument: String) {
        guard let address = NetworkAddress(argument) else { return nil }
        self.address = address
    }

    init(_ address: NetworkAddress) { self.address = address }

    var defaultValueDescription: String { address.description }
}

/// An error that is already a sentence for the person at the terminal.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
