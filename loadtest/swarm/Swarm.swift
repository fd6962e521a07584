// The load generator's commands. Without a subcommand it sends bots to a server, as it always did.

import ArgumentParser

@main
struct Swarm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm",
        abstract: "Put load on a Cairn server, and tell what became of it.",
        version: "0.1.0",
        subcommands: [SendCommand.self, RunCommand.self, CodecCommand.self],
        defaultSubcommand: SendCommand.self)
}
