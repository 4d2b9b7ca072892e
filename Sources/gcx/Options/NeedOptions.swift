import ArgumentParser
import GCXBenchmark
import GCXLedger
import GCXModel
import GCXSandbox

/// What a machine has to be and to have for a job.
struct NeedOptions: ParsableArguments {
    @Option(help: "Cores that the job needs.")
    var cores: UInt32 = 1

    @Option(help: "Memory that the job needs, for example 512M.")
    var memory = ByteSize(bytes: 512 << 20)

    @Option(help: "Writable storage, for example 1G.")
    var storage = ByteSize(bytes: 1 << 30)

    @Option(help: "GPUs that the job needs.")
    var gpus: UInt32 = 0

    @Option(help: "The wall between job and machine, at least: container, user-kernel or virtual-machine.")
    var isolation = IsolationLevel.container

    @Option(help: "Only offers of this region; may be repeated.")
    var region: [String] = []

    @Option(help: "A condition on a fact, such as 'cpu.cores>=2'; may be repeated.")
    var require: [Requirement] = []

    func validate() throws {
        for (name, size, least) in [
            ("--memory", memory, SandboxLimits.memoryBytesMin), ("--storage", storage, SandboxLimits.writableBytesMin),
        ] where size.bytes < least {
            throw ValidationError("\(name) \(size) is less than the \(Display.bytes(least)) that a job needs to start")
        }
        guard cores > 0 || gpus > 0 else { throw ValidationError("--cores 0 and --gpus 0 ask for nothing") }
    }

    var resources: Resources {
        Resources(cores: cores, memoryBytes: memory.bytes, storageBytes: storage.bytes, gpus: gpus)
    }

    /// - Parameters:
    ///   - seconds: length of the lease.
    ///   - priceMax: base units in all; nil takes what the cheapest offer asks.
    func wish(seconds: UInt64, priceMax: Amount?) -> Wish {
        Wish(
            resources: resources, constraints: require.map(\.constraint), regions: region.map { Untrusted($0) },
            isolation: isolation, seconds: seconds, priceMax: priceMax)
    }

    /// A fact that no machine can have serves no offer: said before anything is signed.
    func requireKnownFacts(on ledger: any Ledger) async throws {
        guard !require.isEmpty else { return }
        let ours = BenchmarkRegistry.names + Fact.claimedNames  // bounded: joins lists
        let stated = try await ledger.offers(liveOnly: true).flatMap(\.document.facts).map(\.name)
        let known = Set(ours.map { Untrusted($0) }).union(stated)
        guard let unknown = require.map(\.constraint.fact).first(where: { !known.contains($0) }) else { return }
        throw CommandError(
            "no offer states a fact “\(unknown.shown)”, and no benchmark measures one",
            fix: Nearest.word(to: unknown.shown, among: ours).map { "Did you mean `\($0)`?" }
                ?? "See the facts of an offer with `gcx offer show`, and what is measured with `gcx bench list`.")
    }
}
