import CKernels
import GCXBenchmark
import Glibc
import Testing

@testable import gcx_probe

/// The kernels themselves: what they compute, and that no figure passes what the machine can do. No test asserts a time.
@Suite("Kernels", .serialized)
struct KernelTests {
    /// The clock is measured beside the run and not in it, and boost moves it.
    static let tolerance = 1.1

    static let instructionSets: [gcx_isa] = [GCX_ISA_PORTABLE, GCX_ISA_AVX2, GCX_ISA_AVX512, GCX_ISA_NEON].filter(runs)

    /// Every set up to the best one runs; the sets of another architecture fall back to portable and are left out.
    static func runs(_ isa: gcx_isa) -> Bool {
        switch gcx_isa_best() {
        case GCX_ISA_AVX512: isa != GCX_ISA_NEON
        case GCX_ISA_AVX2: isa == GCX_ISA_AVX2 || isa == GCX_ISA_PORTABLE
        default: isa == gcx_isa_best()
        }
    }

    private static func team() throws -> BenchTeam {
        try BenchTeam(processors: BenchAllowance.read(cgroup: .live()).used)
    }

    @Test("FP64 rate is above zero and below threads × operations per cycle × clock", arguments: instructionSets)
    func fp64(isa: gcx_isa) throws {
        let team = try Self.team()
        var kernel = BenchFMA(.fp64, team: team, isa: isa)
        var rates: [Double] = []
        var clock = 0.0
        for _ in 0..<5 {
            clock = max(clock, BenchClock(team: team).glance())
            rates.append(try #require(try kernel.sample()).value)
        }
        let most = Double(team.threads) * Double(gcx_isa_fp64_flops_per_cycle_max(isa)) * clock
        #expect(rates.allSatisfy { $0 > 0 && $0 < most * Self.tolerance })
    }

    @Test("the limit is a power of two of operations per cycle that the rate does not pass")
    func limit() throws {
        let kernel = BenchFMA(.fp64, team: try Self.team(), isa: gcx_isa_best())
        let cycles = Double(kernel.threads) * 4e9
        #expect(kernel.limit(value: 3.9 * cycles, clockHertz: 4e9) == 4 * cycles)
        #expect(kernel.limit(value: 4.1 * cycles, clockHertz: 4e9) == 4 * cycles)
        #expect(kernel.limit(value: 4.3 * cycles, clockHertz: 4e9) == 8 * cycles)
        #expect(kernel.limit(value: 0, clockHertz: 4e9) == nil)
    }

    @Test(
        "the FP64 matrix product is exact in every element, for every instruction set and number of threads",
        arguments: instructionSets, [1, 2, 3])
    func product(isa: gcx_isa, threads: Int) throws {
        #expect(try Self.wrongElements(gcx_gemm_job.self, isa, threads: threads) == 0)
    }

    @Test(
        "the FP32 matrix product is exact in every element, for every instruction set and number of threads",
        arguments: instructionSets, [1, 2, 3])
    func productFP32(isa: gcx_isa, threads: Int) throws {
        #expect(try Self.wrongElements(gcx_sgemm_job.self, isa, threads: threads) == 0)
    }

    private static func wrongElements<Job: BenchMatrixJob>(_: Job.Type, _ isa: gcx_isa, threads: Int) throws -> Int
    where Job.Number: BinaryFloatingPoint {
        // Two steps of depth, the second one short.
        let rows = 2 * Job.step
        let team = try BenchTeam(
            processors: Array(repeating: BenchAllowance.read(cgroup: .live()).used[0], count: threads))
        let packed = Job.packedElements(rows: rows)
        var memory = [Job.Number](repeating: .nan, count: 3 * rows * rows + packed.a + packed.b)
        memory.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let square = rows * rows
            var job = Job(
                a: base, b: base + square, c: base + 2 * square, packed_a: base + 3 * square,
                packed_b: base + 3 * square + packed.a, n: rows, isa: isa, arrived: 0)
            _ = team.run(Job.fillWork, &job)
            // Twice: a second product starts from whatever the first one left.
            for _ in 0..<2 { _ = team.run(Job.work, &job) }
        }
        var wrong = 0
        for column in stride(from: 0, to: rows, by: 67) {
            for row in 0..<rows {
                let exact = (0..<rows).reduce(Job.Number.zero) {
                    $0 + memory[$1 * rows + row] * memory[(rows + column) * rows + $1]
                }
                if memory[(2 * rows + column) * rows + row] != exact { wrong += 1 }
            }
        }
        return wrong
    }

    @Test("a round of the integer mix comes to the same number on any machine", arguments: [1, 2, 3])
    func integer(rounds: UInt64) throws {
        let scratch = try #require(gcx_memory_map(3 * gcx_integer_scratch_bytes()))
        defer { gcx_memory_unmap(scratch, 3 * gcx_integer_scratch_bytes()) }
        var checksums = [UInt64](repeating: 0, count: 3)
        checksums.withUnsafeMutableBufferPointer { checksums in
            var job = gcx_integer_job(
                rounds: rounds, seed: 1, scratch: scratch, checksums: checksums.baseAddress)
            for thread in 0..<UInt32(3) { gcx_integer_work(&job, thread, 3) }
        }
        // Seen from clang and gcc, with and without optimisation, on x86-64, aarch64 and riscv64.
        let known: [UInt64: UInt64] = [
            1: 0x99f4_acfb_ab94_0aa9, 2: 0x770f_13fe_1933_c3ff, 3: 0x459e_b1bc_b577_044e,
        ]
        #expect(checksums.allSatisfy { $0 == known[rounds] })
    }

    @Test("INT8 rate is above zero and below threads × operations per cycle × clock", arguments: instructionSets)
    func int8(isa: gcx_isa) throws {
        let team = try Self.team()
        var kernel = BenchInt8(team: team, set: gcx_int8_best(isa))
        let clock = BenchClock(team: team).glance()
        let rate = try (0..<5).compactMap { _ in try kernel.sample()?.value }.max() ?? 0
        let most = Double(team.threads) * Double(gcx_int8_operations_per_cycle_max(gcx_int8_best(isa))) * clock
        #expect(rate > 0 && rate < most * Self.tolerance)
    }

    @Test("reading a cache is no faster than a core loads", arguments: instructionSets)
    func cacheRead(isa: gcx_isa) throws {
        let allowance = try BenchAllowance.read(cgroup: .live())
        let team = try BenchTeam(processors: [allowance.used[0]])
        var cache = try BenchCacheRead(.l1, team: team, processor: allowance.used[0], isa: isa)
        let rate = try (0..<5).compactMap { _ in try cache.sample()?.value }.max() ?? 0
        let most = Double(gcx_cache_bytes_per_cycle_max(isa)) * BenchClock(team: team).glance()
        #expect(rate > 0 && rate < most * Self.tolerance)
    }

    @Test("a page that lost its mark is not counted", arguments: [UInt32(1), 3])
    func touch(threads: UInt32) throws {
        let pages = 64
        let memory = try #require(gcx_memory_map(pages * 4096))
        defer { gcx_memory_unmap(memory, pages * 4096) }
        var job = gcx_touch_job(base: memory, bytes: pages * 4096, first_page: 7, seed: 42, right_pages: 0)
        for thread in 0..<threads { gcx_touch_write_work(&job, thread, threads) }
        for thread in 0..<threads { gcx_touch_check_work(&job, thread, threads) }
        #expect(job.right_pages == 64)
        // One page as another one is, and one half written.
        memcpy(memory + 4096, memory, 4096)
        memset(memory + 3 * 4096 - 8, 0, 8)
        job.right_pages = 0
        for thread in 0..<threads { gcx_touch_check_work(&job, thread, threads) }
        #expect(job.right_pages == 62)
    }

    @Test("the bytes touched are those asked for, in whole pages, and held no longer than that")
    func touched() throws {
        var touch = try BenchTouch(team: Self.team(), bytes: 9_000, deadline: .max)
        #expect(try touch.sample()?.value == 8_192)
        #expect(try touch.sample() == nil)
        #expect(throws: BenchFailure.self) { try BenchTouch(team: Self.team(), bytes: 100, deadline: .max) }
    }

    @Test("what is sustained is timed after the soak, which ends with the time of the run")
    func sustained() throws {
        var soak = try BenchSustained(team: Self.team(), isa: gcx_isa_best(), deadline: gcx_now_nanoseconds())
        try soak.prepare()
        #expect(try soak.sample()?.value ?? 0 > 0)
    }

    @Test("the chain of the latencies is one cycle through every line", arguments: [2, 3, 64, 1_000])
    func chain(lines: Int) throws {
        let bytes = lines * 64
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { memory.deallocate() }
        var order = [UInt32](repeating: 0, count: lines)
        gcx_latency_link(memory, bytes, &order, 42)
        var seen: Set<Int> = []
        var place = memory
        for _ in 0..<lines {
            seen.insert(place - memory)
            place = place.load(as: UnsafeMutableRawPointer.self)
        }
        #expect(place == memory)
        #expect(seen == Set((0..<lines).map { $0 * 64 }))
    }

    @Test("a load from the first level is quicker than one from beyond all caches, and none is quicker than a cycle")
    func latency() throws {
        let allowance = try BenchAllowance.read(cgroup: .live())
        let team = try BenchTeam(processors: [allowance.used[0]])
        var near = try BenchLatency(bytes: 16 << 10, team: team, cgroup: .live())
        var far = try BenchLatency(bytes: 256 << 20, team: team, cgroup: .live())
        #expect(far.conditions.isEmpty && far.workingSetBytes == 256 << 20)
        let nearest = try (0..<5).compactMap { _ in try near.sample()?.value }.min() ?? 0
        let farthest = try (0..<5).compactMap { _ in try far.sample()?.value }.min() ?? 0
        #expect(nearest > 1e12 / 10e9)
        #expect(farthest > 2 * nearest)
    }

    @Test("a handover changes hands twice a round, and takes longer than a cycle")
    func handover() throws {
        let used = try BenchAllowance.read(cgroup: .live()).used
        guard used.count > 1 else {
            #expect(throws: BenchFailure.self) { try BenchHandover(processors: used) }
            return
        }
        var job = gcx_handover_job()
        job.rounds = 1_000
        _ = try BenchTeam(processors: Array(used.prefix(2))).run(gcx_handover_work, &job)
        #expect(job.turn == 2_000)
        var pair = try BenchHandover(processors: used)
        #expect(try pair.sample()?.value ?? 0 > 1e12 / 10e9)
        #expect(throws: BenchFailure.self) { try BenchHandover(processors: [used[0]]) }
    }

    @Test("the clock of every core lies between 100 MHz and 10 GHz")
    func clock() throws {
        let hertz = BenchClock(team: try Self.team()).glance()
        #expect(hertz > 1e8 && hertz < 1e10)
    }

    @Test(
        "fill, triad, copy and write reach every element, whatever the number of threads", arguments: instructionSets,
        [1, 3, 7])
    func triad(isa: gcx_isa, threads: UInt32) throws {
        let elements = 64 * 41
        let memory = try #require(gcx_memory_map(3 * elements * 8)).assumingMemoryBound(to: Double.self)
        defer { gcx_memory_unmap(memory, 3 * elements * 8) }
        var job = gcx_memory_job(
            a: memory, b: memory + elements, c: memory + 2 * elements, elements: elements, scale: 3, isa: isa)
        for thread in 0..<threads { gcx_memory_fill_work(&job, thread, threads) }
        for thread in 0..<threads { gcx_memory_triad_work(&job, thread, threads) }
        #expect((0..<elements).allSatisfy { memory[$0] == 7 })
        for thread in 0..<threads { gcx_memory_copy_work(&job, thread, threads) }
        #expect((0..<elements).allSatisfy { memory[$0] == 1 })
        for thread in 0..<threads { gcx_memory_write_work(&job, thread, threads) }
        #expect((0..<elements).allSatisfy { memory[$0] == 3 })
        for thread in 0..<threads { gcx_memory_read_work(&job, thread, threads) }
    }

    @Test("a team on a processor that does not exist says so")
    func noProcessor() {
        #expect(throws: BenchFailure.self) { try BenchTeam(processors: [1_000_000]) }
    }

    @Test("a team runs its work once per thread and round")
    func rounds() throws {
        let team = try Self.team()
        var job = gcx_clock_job(additions: 16_000)
        for _ in 0..<200 {
            let run = team.run(gcx_clock_work, &job)
            #expect(run.spans.count == team.threads)
            #expect(run.spans.allSatisfy { $0.end_nanoseconds > $0.begin_nanoseconds })
            #expect(run.processorShare >= 0 && run.processorShare <= 1)
        }
    }

    @Test("storage data differs from word to word and from seed to seed")
    func fill() {
        var one = [UInt64](repeating: 0, count: 512)
        var two = one
        gcx_storage_fill(&one, 4096, 1)
        gcx_storage_fill(&two, 4096, 2)
        #expect(Set(one + two).count == 1024)
    }
}
