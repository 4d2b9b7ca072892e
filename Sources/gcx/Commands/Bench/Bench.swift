import ArgumentParser

/// `gcx bench`: a one-shot benchmark for anybody. Without a verb it measures.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine: processor, memory, disk. No account, no daemon, no root needed.",
        discussion: """
            A figure that was disturbed beyond its bound is marked unsteady, and says by what. `gcx bench list` tells what \
            each figure means.
            """,
        subcommands: [BenchRun.self, BenchList.self, BenchCompare.self, BenchVerify.self],
        defaultSubcommand: BenchRun.self)
}
