import ArgumentParser

/// What a game feels of a real server: how long an input takes to another screen, and what a match
/// costs; and, without one, what many entities do. `loadtest/play-check` starts the server and runs
/// all.
@main
struct Playbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbench",
        abstract: "Measure a local Cairn server as players feel it.",
        subcommands: [LatencyCommand.self, MatchCommand.self, EntitiesCommand.self])
}
