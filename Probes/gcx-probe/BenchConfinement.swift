import CKernels
import GCXBenchmark
import Glibc

/// Reads which walls this process stands behind.
enum BenchConfinement {
    static func read(_ text: (String) -> String? = BenchSystem.text) -> Confinement {
        Confinement(superuser: geteuid() == 0, container: container(text))
    }

    /// What container managers leave inside (systemd's container interface, podman's and docker's marks).
    static func container(_ text: (String) -> String?) -> String? {
        if let name = text("/run/systemd/container")?.split(whereSeparator: \.isWhitespace).first {
            return String(name)
        }
        // Only root may read it.
        let variables = text("/proc/1/environ")?.split(separator: "\0") ?? []
        if let variable = variables.first(where: { $0.hasPrefix("container=") }), variable.count > 10 {
            return String(variable.dropFirst(10))
        }
        if text("/run/.containerenv") != nil { return "podman" }
        return text("/.dockerenv") != nil ? "docker" : nil
    }
}

/// What a run holds of memory.
enum BenchMemoryPlan {
    /// The program itself, its libraries, threads and samples; 40 MiB were seen.
    private static let programBytes: UInt64 = 96 << 20
    private static let threadBytes: UInt64 = 256 << 10

    /// The most that a run of these benchmarks holds at once: one kind of working set at a time.
    ///
    /// - Parameter touched: what `memory.touched.all` will hold.
    static func bytes(_ benchmarks: [Benchmark], processors: [Int], groups: [[Int]], touched: UInt64) -> UInt64 {
        let names = Set(benchmarks.map(\.name))
        var sets: [UInt64] = [0]
        if !names.isDisjoint(with: [Benchmark.matrixProduct.name, Benchmark.sustained.name]) {
            unsafe sets.append(BenchMatrixProduct<gcx_gemm_job>.bytes(threads: processors.count))
        }
        if names.contains(Benchmark.matrixProductFP32.name) {
            unsafe sets.append(BenchMatrixProduct<gcx_sgemm_job>.bytes(threads: processors.count))
        }
        if names.contains(Benchmark.memoryTouched.name) { sets.append(touched) }
        if names.contains(where: { BenchSession.arenaAxes.contains($0) }) {
            sets.append(BenchArena.bytesWanted(processors: processors))
        }
        if names.contains(Benchmark.memoryTriadNode.name), groups.count > 1 {
            sets.append(groups.reduce(0) { $0 + BenchArena.bytesWanted(processors: $1) })
        }
        if benchmarks.contains(where: \.isOfAccelerator) { sets.append(BenchAccelerators.hostBytes) }
        if names.contains(where: { $0.hasPrefix("memory.latency.") }) {
            sets.append(BenchLatency.bytesMax(processor: processors[0]))
        }
        return programBytes + UInt64(processors.count) * threadBytes + (sets.max() ?? 0)
    }

    static var peakBytes: UInt64? {
        BenchSystem.text("/proc/self/status").flatMap { BenchSystem.number(of: "VmHWM", in: $0) }.map { $0 * 1_024 }
    }
}
