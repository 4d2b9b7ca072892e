import Glibc

/// `gcx-probe inventory […]` (the default), `gcx-probe bench …` or `gcx-probe peer`: one JSON document on standard output.
///
/// It is a program of its own because the libraries below it rebind threads, keep global state or abort: whatever they do,
/// only this process dies of it.
@main
enum GCXProbe {
    static func main() {
        // At the limit on file sizes a write then fails, and costs the disk's figures and no others.
        signal(SIGXFSZ, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(run(arguments))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "bench": BenchCommand.run(arguments: Array(arguments.dropFirst()))
        case "peer": PeerCommand.run()
        case "inventory": InventoryCommand.run(arguments: Array(arguments.dropFirst()))
        default: InventoryCommand.run(arguments: arguments)
        }
    }
}
