import ArgumentParser

/// Measures what a datagram costs on its way through Runtime and Transport; `loadtest/echo-compare`
/// sets echoes beside those of C programs.
@main
struct Wirebench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wirebench",
        abstract:
            "Measure the wire: echoes, seals, forgeries, clients that move, downloads, bulk, ticks.",
        subcommands: [
            EchoCommand.self, SealCommand.self, ForgeryCommand.self, RoamCommand.self,
            DownloadCommand.self, BulkCommand.self, TicksCommand.self,
        ])
}
