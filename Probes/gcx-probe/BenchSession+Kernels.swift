import CKernels
import GCXBenchmark

// Which kernel is behind each axis, and what several of them share.
extension BenchSession {
    /// The kernel behind each name of the registry.
    func measurement(of benchmark: Benchmark, runEnd: UInt64) throws(BenchFailure) -> any BenchMeasurement {
        switch benchmark.name {
        case Benchmark.clock.name: BenchClock(team: try team)
        case Benchmark.fp64RateOne.name: BenchFMA(.fp64, team: try solo(), isa: isa)
        case Benchmark.fp64Rate.name: BenchFMA(.fp64, team: try team, isa: isa)
        case Benchmark.fp64RateThreads.name: BenchFMA(.fp64, team: try hardwareThreads(), isa: isa)
        case Benchmark.fp32RateOne.name: BenchFMA(.fp32, team: try solo(), isa: isa)
        case Benchmark.fp32Rate.name: BenchFMA(.fp32, team: try team, isa: isa)
        case Benchmark.sha256One.name: BenchCrypto(.sha256, team: try solo())
        case Benchmark.sha256.name: BenchCrypto(.sha256, team: try team)
        case Benchmark.sha256Threads.name: BenchCrypto(.sha256, team: try hardwareThreads())
        case Benchmark.aesGCMOne.name: BenchCrypto(.aesGCM, team: try solo())
        case Benchmark.aesGCM.name: BenchCrypto(.aesGCM, team: try team)
        case Benchmark.handover.name: try BenchHandover(processors: processors.used)
        case Benchmark.matrixProduct.name: unsafe try BenchMatrixProduct<gcx_gemm_job>(team: team, isa: isa)
        case Benchmark.matrixProductFP32.name: unsafe try BenchMatrixProduct<gcx_sgemm_job>(team: team, isa: isa)
        case Benchmark.sustained.name: try BenchSustained(team: team, isa: isa, deadline: runEnd)
        case Benchmark.int8Rate.name: BenchInt8(team: try team, set: gcx_int8_best(isa))
        case Benchmark.integerMixOne.name: try BenchInteger(team: try solo())
        case Benchmark.integerMix.name: try BenchInteger(team: team)
        case Benchmark.integerMixThreads.name: try BenchInteger(team: try hardwareThreads())
        case Benchmark.memoryTriad.name: try BenchBandwidth.triad(team, arena(until: runEnd))
        case Benchmark.memoryCopy.name: try BenchBandwidth.copy(team, arena(until: runEnd))
        case Benchmark.memoryWrite.name: try BenchBandwidth.write(team, arena(until: runEnd))
        case Benchmark.memoryReadOne.name: try BenchBandwidth.read(try solo(), arena(until: runEnd))
        case Benchmark.memoryRead.name: try BenchBandwidth.read(team, arena(until: runEnd))
        case Benchmark.memoryTriadNode.name:
            try BenchNodes(groups: groups, isa: isa, cgroup: cgroup, deadline: runEnd)
        case Benchmark.cacheReadL1.name: try cacheRead(.l1)
        case Benchmark.cacheReadL2.name: try cacheRead(.l2)
        case Benchmark.cacheReadL3.name: try cacheRead(.l3)
        case Benchmark.memoryTouched.name:
            try BenchTouch(team: team, bytes: touchedBytes, deadline: runEnd)
        case Benchmark.latencyL1.name: try latency(.l1)
        case Benchmark.latencyL2.name: try latency(.l2)
        case Benchmark.latencyL3.name: try latency(.l3)
        case Benchmark.latencyDRAM.name: try latency(.dram)
        case Benchmark.latencyDRAMSmallPages.name: try latency(.dramSmallPages)
        case Benchmark.diskRead.name: try BenchDiskRead(file: try file())
        case Benchmark.diskWrite.name: BenchDiskWrite(file: try file())
        case Benchmark.diskRandomRead.name: try BenchDiskRandom(file: try file(), writes: false)
        case Benchmark.diskRandomReadDeep.name: try BenchDiskRandom(file: try file(), writes: false, depth: 32)
        case Benchmark.diskReadLatency.name, Benchmark.diskReadLatencySlow.name:
            try BenchDiskLatency(file: try file())
        case Benchmark.diskRandomWrite.name: try BenchDiskRandom(file: try file(), writes: true)
        case Benchmark.diskRandomWriteDeep.name: try BenchDiskRandom(file: try file(), writes: true, depth: 32)
        case Benchmark.diskSync.name, Benchmark.diskSyncSlow.name: BenchDiskSync(file: try file())
        case Benchmark.acceleratorFP32.name: try BenchAccelerator(GCX_GPU_FP32, try accelerators())
        case Benchmark.acceleratorFP64.name: try BenchAccelerator(GCX_GPU_FP64, try accelerators())
        case Benchmark.acceleratorCopy.name: try BenchAccelerator(GCX_GPU_COPY, try accelerators())
        case Benchmark.acceleratorTransferTo.name: try BenchAccelerator(GCX_GPU_TO, try accelerators())
        case Benchmark.acceleratorTransferFrom.name: try BenchAccelerator(GCX_GPU_FROM, try accelerators())
        case Benchmark.loopback.name: try BenchLoopback(processors: processors.used)
        case Benchmark.peerUp.name: try BenchPeer(.up, client: try peer())
        case Benchmark.peerDown.name: try BenchPeer(.down, client: try peer())
        case Benchmark.peerRoundTrip.name: try BenchPeer(.roundTrip, client: try peer())
        default: throw .noKernel(benchmark.name)
        }
    }

    /// A team on all cores that are used, made when the first axis needs it: where it cannot be, each axis says so.
    var team: BenchTeam {
        get throws(BenchFailure) {
            if let teamMade { return teamMade }
            let team = try BenchTeam(processors: processors.used)
            teamMade = team
            return team
        }
    }

    /// A team of one, on the first processor.
    func solo() throws(BenchFailure) -> BenchTeam {
        if let soloMade { return soloMade }
        let solo = try BenchTeam(processors: Array(processors.used.prefix(1)))
        soloMade = solo
        return solo
    }

    /// A team on every hardware thread of the cores.
    private func hardwareThreads() throws(BenchFailure) -> BenchTeam {
        guard let threads = processors.hardwareThreads else {
            throw .absent("no core here has a second hardware thread that may be used")
        }
        return try BenchTeam(processors: threads)
    }

    private func peer() throws(BenchFailure) -> PeerClient {
        if let peerMade { return peerMade }
        guard let target = options.peer else {
            throw .absent("no peer is named; run `gcx bench --serve` on another machine, and here --peer HOST:PORT")
        }
        let client = try PeerClient(target)
        peerMade = client
        return client
    }

    private func latency(_ level: BenchLatency.Level) throws(BenchFailure) -> BenchLatency {
        try BenchLatency(level, team: try solo(), processor: processors.used[0], cgroup: cgroup)
    }

    private func cacheRead(_ level: BenchLatency.Level) throws(BenchFailure) -> BenchCacheRead {
        try BenchCacheRead(level, team: try solo(), processor: processors.used[0], isa: isa)
    }

    private func accelerators() throws(BenchFailure) -> BenchAccelerators {
        let isAlone = benchmarks.allSatisfy(\.isOfAccelerator)
        let found = acceleratorsFound ?? BenchAccelerators.find(orProcessors: isAlone)
        acceleratorsFound = found
        let accelerators = try found.get()
        devices = accelerators.devices.map(\.description)
        return accelerators
    }

    private func arena(until deadline: UInt64) throws(BenchFailure) -> BenchArena {
        if let arenaMade { return arenaMade }
        let arena = try BenchArena(
            team: team, isa: isa, processors: processors.used, cgroup: cgroup, deadline: deadline)
        arenaMade = arena
        return arena
    }

    private func file() throws(BenchFailure) -> BenchFile {
        if let fileMade { return fileMade }
        let file = try BenchFile(directory: options.directory, bytesMax: options.bytesMax)
        fileMade = file
        return file
    }
}
