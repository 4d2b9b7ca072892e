// What jobs cost, beside what they are made of. Usage: job-bench [start|logs|many]...; as root, on a quiet machine.
import FoundationEssentials
import GCXLinux
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
let programs = "/" + program.split(separator: "/").dropLast().joined(separator: "/")

func measure(_ names: [String]) throws {
    let bench = try Bench(programs: programs)
    if names.contains("start") { try StartBench(bench: bench, pairs: 60).run() }
    if names.contains("logs") { try LogBench(bench: bench).run() }
    if names.contains("many") { try ManyBench(bench: bench).run() }
}

do {
    if arguments.first == "bare", arguments.count == 4 {
        try BareRuntime.serve(arguments[1], arguments[2], arguments[3])
    } else {
        try measure(arguments.isEmpty ? ["start", "logs", "many"] : arguments)
    }
} catch {
    _ = "job-bench: \(error)\n".withCString { write(2, $0, strlen($0)) }
    exit(1)
}
