import ArgumentParser
import GCXAgent
import GCXBenchmark
import GCXHardware
import GCXLinux
import GCXModel
import GCXSigning

/// `gcx bench run`, and what `gcx bench` does.
struct BenchRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure this machine and show the figures (the default).",
        discussion: """
            Reports go to the terminal and, when asked for, to files; `-` is standard output. To use fewer processors, start \
            it under `taskset`: the threads keep to what is allowed, and the report says so.
            """)

    @ArgumentParser.Flag(help: "Take 15 seconds in all.")
    var quick = false

    // bounded: a constant
    @Option(help: "Time for all benchmarks together, seconds. Default: \(Int(BenchRun.secondsDefault)).")
    var duration: Double?

    @Option(help: "Directory for the disk benchmark's file, which has no name and leaves nothing.")
    var path = "."

    @Option(help: "The most that the disk benchmark writes.")
    var bytesMax = ByteSize(bytes: 256 << 20)

    @Option(help: "Cores to use. Default: every physical core that affinity, cpuset and quota allow.")
    var threads: Int?

    @Option(help: "Only these benchmarks, separated by commas; a name ending in a dot takes all that begin with it.")
    var only: String?

    @ArgumentParser.Flag(help: "Explain every benchmark and measure nothing, as `gcx bench list`.")
    var list = false

    @Option(
        parsing: .upToNextOption,
        help: "Measure nothing and compare two reports, as `gcx bench compare`: --compare A.json B.json.")
    var compare: [String] = []

    @Option(help: "Measure the network against a `gcx bench --serve` there: HOST or HOST:PORT.")
    var peer: String?

    @ArgumentParser.Flag(help: "Measure nothing; be the peer of others, one after the other, until interrupted.")
    var serve = false

    @Option(help: "Where --serve listens: a numeric address, and a port.")
    var listen = "0.0.0.0:\(PeerTarget.portDefault)"

    @OptionGroup var record: RecordOptions

    @OptionGroup var output: BenchOutput

    /// The longest of a run without options: every axis gets its samples and a busy machine its repeats, what is sustained gets
    /// its minute, and the whole stays under two minutes with start, memory and slow disks. A quiet machine ends a little sooner.
    static let secondsDefault = 100.0
    /// A quick run's time for the axes; what is left of 15 s is for starting and for touching memory.
    static let secondsQuick = 9.5

    func validate() throws {
        guard !quick || duration == nil else { throw ValidationError("--quick and --duration exclude each other") }
        guard [0, 2].contains(compare.count) else { throw ValidationError("--compare takes two reports") }
        try output.validate()
        try record.validate(serving: serve)
        for text in [peer, listen].compactMap(\.self) where PeerTarget(text) == nil {
            throw ValidationError("`\(text)` is no HOST:PORT")
        }
    }

    func run() async throws {
        if list { return BenchList.say() }
        if compare.count == 2 {
            // bounded: two, counted first
            return try BenchCompare.say(compare[0], compare[1], json: output.json == BenchOutput.standardOutput)
        }
        try output.requireWritable()
        if let out = record.out { try Writable.requireFile(out) }
        let custody = try record.unlock()
        if serve, let listen = PeerTarget(listen) {
            Interruption.arm()
            return try await BenchServe(listen: listen, custody: custody).run()
        }
        var plan = try BenchmarkPlan(
            axes: try axes, seconds: duration ?? (quick ? Self.secondsQuick : Self.secondsDefault), directory: path,
            bytesMax: bytesMax.bytes, threads: threads)
        if plan.axes.contains(where: { $0.hasPrefix("storage.") }) {
            try Writable.requireDirectory(path, for: "the file of the disk benchmark")
        }
        let account = custody?.address ?? .zero
        plan.peer = peer.flatMap { PeerTarget($0, account: "\(account)") }
        Interruption.arm()
        let report = try await BenchmarkRunner(process: BenchChild(plan: plan)).runUntilInterrupted(plan)
        let now = WallClock.seconds()
        let inventory = try? await HardwareProbe.located(isCancelled: { Interruption.isAsked }).inventory()
        Interruption.endIfAsked()
        if let custody, let out = record.out {
            guard let inventory else {
                throw CommandError("the inventory of this machine cannot be had", fix: "Run `gcx probe` to see why.")
            }
            var measurement = Measurement(inventory, at: now)
            measurement.add(report, at: now)
            let signed = try await BenchmarkRecord(measurement, at: now, by: custody)
            try DurableFile.write(Array(try signed.encoded()) + [10], to: out, mode: 0o644)
        }
        try output.write(report, asked: plan.axes, inventory, at: now)
        try requireFigures(report, plan)
    }

    /// What was asked for by name and gave no figure is a failure, after the report that says why.
    private func requireFigures(_ report: BenchmarkReport, _ plan: BenchmarkPlan) throws {
        let measured = report.axes.filter { !$0.samples.isEmpty }.map(\.name)
        if only != nil, measured.isEmpty {
            throw CommandError(
                "nothing of what was asked for could be measured",
                fix: "The report says why; `gcx bench list` what each needs.")
        }
        if let peer, plan.axes.contains(where: Self.isOfPeer), !measured.contains(where: Self.isOfPeer) {
            throw CommandError(
                "nothing could be measured against \(peer)",
                fix: "Run `gcx bench --serve` there, and see that its port can be reached from here.")
        }
    }

    private static func isOfPeer(_ axis: String) -> Bool { axis.hasSuffix(".peer") }

    /// The axes asked for, with `memory.` standing for all that begin so.
    private var axes: [String] {
        get throws {
            guard let only else { return BenchmarkRegistry.names }
            return only.split(separator: ",").flatMap { word in
                let found = word.hasSuffix(".") ? BenchmarkRegistry.names.filter { $0.hasPrefix(word) } : []
                return found.isEmpty ? [String(word)] : found
            }
        }
    }
}

extension BenchmarkRunner {
    /// As ``run(_:)``, but a run that was interrupted ends the program as the signal would have.
    fileprivate func runUntilInterrupted(_ plan: BenchmarkPlan) async throws -> BenchmarkReport {
        do throws(BenchmarkError) {
            let report = try await run(plan)
            Interruption.endIfAsked()
            return report
        } catch {
            Interruption.endIfAsked()
            throw error
        }
    }
}
