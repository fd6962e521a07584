import ArgumentParser

/// Measures what a datagram costs on its way through Runtime and Transport; `loadtest/echo-compare`
/// and `loadtest/seal-compare` set the figures beside those of C programs.
@main
struct Wirebench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wirebench",
        abstract: "Measure the wire: echoes, seals, forgeries, downloads.",
        subcommands: [EchoCommand.self, SealCommand.self, ForgeryCommand.self, DownloadCommand.self])
}
