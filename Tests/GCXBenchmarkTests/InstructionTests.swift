import CKernels
import CStep
import GCXBenchmark
import Testing

@testable import gcx_probe

/// The same version of the kernels gives the same figure: a loop whose instructions change is another loop.
///
/// The counts are exact, by single steps, and hold for the compiler that builds the release. A kernel or a compiler that changes
/// one of them makes a new `GCX_KERNELS_VERSION`, with the counts that the failure prints.
@Suite(
    "Instructions of the kernels",
    .enabled(if: Stepping.lacks == nil, Comment(rawValue: Stepping.lacks ?? "")))
struct InstructionTests {
    /// The version that the counts are of.
    private static let version = "gcx-kernels/2"
    /// The compiler that they are of: another one makes other instructions of the same loop, and the skip says so.
    fileprivate static let compiler =
        "Clang 21.0.0 (https://github.com/swiftlang/llvm-project.git 11673e6660b2d0a5f9f99b1c7b773f4c2f6df1b0)"

    @Test("they are the stored ones, for every instruction set that runs here", arguments: KernelTests.instructionSets)
    func counts(isa: gcx_isa) throws {
        #expect(GCX_KERNELS_VERSION == Self.version, "a new version has new counts: store them, and its name here")
        let name = String(cString: gcx_isa_name(isa))
        let stored = Self.stored[name] ?? [:]
        for (kernel, count) in try Self.counted(isa) {
            #expect(
                stored[kernel] == count,
                "\(kernel) for \(name) has \(count) instructions: raise GCX_KERNELS_VERSION, or put the loop back")
        }
    }

    /// Instructions of one call of each kernel with a small job, on one thread.
    private static func counted(_ isa: gcx_isa) throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        var clock = gcx_clock_job(additions: 1_600)
        counts["clock"] = gcx_step_count(gcx_clock_work, &clock)
        var fma = gcx_fma_job(iterations: 100, isa: isa)
        counts["fp64"] = gcx_step_count(gcx_fp64_work, &fma)
        counts["fp32"] = gcx_step_count(gcx_fp32_work, &fma)
        let elements = 64 * 41
        let memory = try #require(gcx_memory_map(3 * elements * 8)).assumingMemoryBound(to: Double.self)
        defer { gcx_memory_unmap(memory, 3 * elements * 8) }
        var stream = gcx_memory_job(
            a: memory, b: memory + elements, c: memory + 2 * elements, elements: elements, scale: 3, isa: isa)
        counts["memory triad"] = gcx_step_count(gcx_memory_triad_work, &stream)
        counts["memory copy"] = gcx_step_count(gcx_memory_copy_work, &stream)
        counts["memory write"] = gcx_step_count(gcx_memory_write_work, &stream)
        counts["memory read"] = gcx_step_count(gcx_memory_read_work, &stream)
        var order = [UInt32](repeating: 0, count: elements / 8)
        gcx_latency_link(memory, elements * 8, &order, 1)
        var chain = gcx_latency_job(
            start: UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UnsafeMutableRawPointer?.self), steps: 1_600,
            end: nil)
        counts["latency"] = gcx_step_count(gcx_latency_work, &chain)
        counts["matrix product"] = try tile(gcx_gemm_job.self, isa, gcx_gemm_tile_work)
        counts["FP32 matrix product"] = try tile(gcx_sgemm_job.self, isa, gcx_sgemm_tile_work)
        var dot = gcx_int8_job(iterations: 100, set: gcx_int8_best(isa))
        // No machine that we count on has the 256-bit form of VNNI.
        if dot.set == GCX_INT8_AVX_VNNI { dot.set = GCX_INT8_AVX2 }
        counts["int8 \(String(cString: gcx_int8_name(dot.set)))"] = gcx_step_count(gcx_int8_work, &dot)
        var cache = gcx_cache_job(base: memory, bytes: elements * 8 / 512 * 512, passes: 3, isa: isa)
        counts["cache read"] = gcx_step_count(gcx_cache_read_work, &cache)
        // The same code for every set; one count is enough.
        if isa == GCX_ISA_PORTABLE { counts["integer mix"] = try integer() }
        return counts
    }

    /// One tile of the matrix product, in which nearly all of its time goes.
    private static func tile<Job: BenchMatrixJob>(_: Job.Type, _ isa: gcx_isa, _ work: gcx_work) throws -> Int64 {
        let rows = Job.step
        let packed = Job.packedElements(rows: rows)
        let bytes = (rows * rows + packed.a + packed.b) * MemoryLayout<Job.Number>.stride
        let base = try #require(gcx_memory_map(bytes)).assumingMemoryBound(to: Job.Number.self)
        defer { gcx_memory_unmap(base, bytes) }
        let square = rows * rows
        var job = Job(
            a: base, b: base, c: base, packed_a: base + square, packed_b: base + square + packed.a, n: rows, isa: isa,
            arrived: 0)
        return withUnsafeMutablePointer(to: &job) { gcx_step_count(work, UnsafeMutableRawPointer($0)) }
    }

    /// A little of each part of a round.
    private static func integer() throws -> Int64 {
        let bytes = gcx_integer_scratch_bytes()
        let scratch = try #require(gcx_memory_map(bytes))
        defer { gcx_memory_unmap(scratch, bytes) }
        var checksum: UInt64 = 0
        return withUnsafeMutablePointer(to: &checksum) { checksum in
            var job = gcx_integer_job(rounds: 1, seed: 1, scratch: scratch, checksums: checksum)
            gcx_integer_work(&job, 0, 1)
            return gcx_step_count(gcx_integer_sample_work, &job)
        }
    }

    private static let stored: [String: [String: Int64]] = [
        "portable": [
            "cache read": 5501, "clock": 1923, "fp32": 2643, "fp64": 2643, "FP32 matrix product": 10813,
            "int8 portable": 5045, "integer mix": 59167, "latency": 1924, "matrix product": 5439, "memory copy": 5950,
            "memory read": 2350, "memory triad": 9233, "memory write": 2509,
        ],
        "avx2": [
            "cache read": 2786, "clock": 1923, "fp32": 1442, "fp64": 1442, "FP32 matrix product": 8138,
            "int8 avx2": 5042, "latency": 1924, "matrix product": 4110, "memory copy": 4637, "memory read": 1201,
            "memory triad": 5952, "memory write": 1852,
        ],
        "avx512": [
            "cache read": 1442, "clock": 1923, "fp32": 1848, "fp64": 1848, "FP32 matrix product": 13225,
            "int8 avx2": 5042, "int8 avx512-vnni": 1850, "latency": 1924, "matrix product": 6679, "memory copy": 2343,
            "memory read": 629, "memory triad": 3002, "memory write": 952,
        ],
    ]
}

/// Stepping through a child of one's own.
enum Stepping {
    /// Why nothing can be counted here, or nil.
    static let lacks: String? = {
        #if arch(x86_64)
            var job = gcx_clock_job(additions: 16)
            let count = gcx_step_count(gcx_clock_work, &job)
            let compiler = String(cString: gcx_kernels_compiler())
            guard compiler == InstructionTests.compiler else { return "the stored counts are not of \(compiler)" }
            return count > 0 ? nil : "needs ptrace of its own child (error \(-count))"
        #else
            return "the stored counts are of x86-64"
        #endif
    }()
}
