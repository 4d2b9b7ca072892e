import FoundationEssentials
import Glibc

/// The environment that figures are taken in: next to none.
///
/// A tuning variable of a numerical library or of the C library can halve a figure, and much of it has worked before `main`;
/// so the program starts itself again without.
enum BenchEnvironment {
    /// Marks the clean start, with the names worth telling, by commas.
    static let markOption = "--scrubbed"

    /// What a program needs to start and to write to a terminal.
    private static let kept: Set<String> = ["PATH", "HOME", "LANG", "LC_ALL", "TERM", "LD_LIBRARY_PATH"]
    /// Families of variables that change speed: told by name. All others go without a word, for names can be secrets too.
    private static let tuning = [
        "BLIS_", "CUDA_", "GLIBC_", "GOMP_", "GOTO_", "HIP_", "KMP_", "LD_", "LIBC_", "LIBOMP_", "MALLOC_", "MKL_",
        "OCL_",
        "OMP_", "OPENBLAS_", "POCL_", "ROCR_",
    ]

    /// Replaces this process by itself in a clean environment. Returns only when it was clean, or when that failed: then the
    /// variables stand where they stood, and the kernels, which read none, are timed all the same.
    static func restartClean() {
        let environment = ProcessInfo.processInfo.environment
        let removed = environment.keys.filter { !kept.contains($0) }.sorted()
        guard !removed.isEmpty else { return }
        let told = removed.filter(isTuning).joined(separator: ",")
        execute(
            arguments: CommandLine.arguments + [markOption, told],
            environment: environment.filter { kept.contains($0.key) }.map { "\($0.key)=\($0.value)" })
    }

    static func isTuning(_ name: String) -> Bool { tuning.contains { name.hasPrefix($0) } }

    private static func execute(arguments: [String], environment: [String]) {
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        unsafe execve("/proc/self/exe", &words, &variables)
        unsafe (words + variables).forEach { unsafe free($0) }
    }
}
