import Glibc

/// `gcx-probe inventory […]` (the default), `gcx-probe bench …` or `gcx-probe peer`: one JSON document on standard output.
///
/// It is a program of its own because the libraries below it rebind threads, keep global state or abort: whatever they do,
/// only this process dies of it.
@main
enum GCXProbe {
    static func main() {
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
