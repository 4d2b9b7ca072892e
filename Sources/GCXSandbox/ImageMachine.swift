import GCXLinux

/// The machine that an image is to run on, as images name machines.
package struct ImageMachine: Equatable, Sendable {
    /// `amd64` or `arm64`.
    package var architecture: String
    /// The newest generation of processors whose programs run, as the number of `variant`; nil where it is not known, and
    /// then every generation passes.
    package var generation: Int?

    package init(architecture: String = Self.ownArchitecture, generation: Int? = nil) {
        self.architecture = architecture
        self.generation = generation
    }

    #if arch(x86_64)
        package static let ownArchitecture = "amd64"
        private static let oldest = 1
    #else
        package static let ownArchitecture = "arm64"
        private static let oldest = 8
    #endif

    /// The machine that this process runs on.
    package static let own = ImageMachine(
        generation: ownArchitecture == "amd64" ? (try? Files.text("/proc/cpuinfo")).flatMap(generation) : nil)

    /// The generation of x86-64 that the flags of every processor allow; nil when there are none to read.
    ///
    /// Source: System V ABI, AMD64 supplement, "micro-architecture levels"; the flags are named as Linux names them.
    static func generation(of processors: String) -> Int? {
        let lines = processors.split(separator: "\n").filter { $0.hasPrefix("flags") }
        let sets = lines.map { Set($0.drop { $0 != ":" }.dropFirst().split(separator: " ")) }
        guard let first = sets.first else { return nil }
        let common = sets.reduce(first) { $0.intersection($1) }
        let known = steps.prefix { step in step.allSatisfy { common.contains($0[...]) } }
        return known.count + 1  // bounded: three at most, and one
    }

    /// What each generation after the first adds.
    private static let steps: [[String]] = [
        ["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"],
        ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"],
        ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
    ]

    /// Why what is made for this cannot run here; nil when it can. What is not said is no obstacle.
    func obstacle(architecture: String?, os: String?, variant: String?, features: [String]?) -> String? {
        if let os, os != "linux" { return "it is for \(UnpackReport.shown(os)), and jobs run on linux" }
        if let architecture, architecture != self.architecture {
            return "it is for \(UnpackReport.shown(architecture)), and this machine is \(self.architecture)"
        }
        // Nothing is called a feature of Linux by the specification, so one that is asked for is not here.
        if let feature = features?.first { return "it asks for the feature `\(UnpackReport.shown(feature))`" }
        guard let variant, !variant.isEmpty else { return nil }
        guard let asked = Self.number(of: variant) else {
            return "`\(UnpackReport.shown(variant))` is no known variant"
        }
        guard let generation, asked > generation else { return nil }
        return "it is for \(self.architecture) \(variant), and this machine is \(Self.variant(generation))"
    }

    /// How well an entry of an index fits: the newest generation that runs is the best; nil when it cannot run.
    func fitness(_ platform: ImageIndex.Platform) -> Int? {
        guard
            obstacle(
                architecture: platform.architecture, os: platform.os, variant: platform.variant,
                features: platform.features) == nil
        else { return nil }
        let asked = platform.variant.flatMap(Self.number) ?? Self.oldest
        // Where nobody knows what the machine can, the oldest runs for certain.
        return generation == nil ? -asked : asked
    }

    private static func variant(_ generation: Int) -> String { "v\(generation)" }

    /// The number of `v1` to `v9`.
    private static func number(of variant: String) -> Int? {
        guard variant.utf8.count == 2, variant.hasPrefix("v") else { return nil }
        return Int(variant.dropFirst(), radix: 10)
    }
}
