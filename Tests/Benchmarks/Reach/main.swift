// The ends between which reach.py measures: what clients and machines of ours do, without what else their commands do.
// Usage:
//   reach-bench machines HOST:PORT#0xRELAY COUNT
//       registers so many machines, each with a key of its own, says so, and keeps them until its input ends
//   reach-bench fetch|send AGENT LEASE KEYSTORE PASSWORD-FILE FILE
//       brings the output of a job into a file, or sends a file as a job's input; says how many seconds that took, and how many bytes
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch (arguments.first, arguments.count) {
    case ("machines", 3): try await Machines(relay: arguments[1], count: Int(arguments[2]) ?? 0).run()
    case ("fetch", 6): try await Transfer(Array(arguments.dropFirst())).fetch()
    case ("send", 6): try await Transfer(Array(arguments.dropFirst())).send()
    default: throw BenchError(description: "usage: see the beginning of Tests/Benchmarks/Reach/main.swift")
    }
} catch {
    _ = "reach-bench: \(error)\n".withCString { write(2, $0, strlen($0)) }
    exit(1)
}

/// Why there is no figure.
struct BenchError: Error, CustomStringConvertible {
    let description: String
}
