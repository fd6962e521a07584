import ArgumentParser

/// The one executable of a Cairn installation.
@main
struct Cairn: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Keeps one shared world in sync for everyone in it.",
        discussion: """
            Start with `cairn demo`, or run a world of your own:

              cairn serve --world worlds/plaza.yaml --data data
              cairn watch 127.0.0.1:7777
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, WatchCommand.self, SchemaCommand.self, TokenCommand.self,
            DemoCommand.self,
        ])
}
