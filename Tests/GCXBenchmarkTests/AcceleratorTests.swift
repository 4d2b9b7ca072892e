import CKernels
import Foundation
import GCXBenchmark
import GCXModel
import Testing

@testable import gcx_probe

private let accelerator = BenchmarkDevice(
    index: 0, api: "cuda", name: "Stand-in 0", driverVersion: "CUDA 12.9", isAccelerator: true,
    memoryBytes: 64 << 20, computeUnits: 10)

private func lack(_ found: Result<BenchAccelerators, BenchFailure>) -> String? {
    guard case .failure(let failure) = found else { return nil }
    return failure.absence
}

/// What a driver that cannot be used is told as. Nothing is run.
@Suite("Accelerators: what is found")
struct AcceleratorChoiceTests {
    /// Devices of an interface; each a vendor and whether it is an accelerator.
    private static func found(_ api: gcx_gpu_api, _ devices: [(vendor: UInt32, isAccelerator: Bool)])
        -> BenchAccelerators.Found?
    {
        OpaquePointer(bitPattern: 1).map { library in
            BenchAccelerators.Found(
                api: api, library: library,
                devices: devices.enumerated().map { index, each in
                    var device = gcx_gpu_device()
                    (device.vendor, device.is_accelerator) = (each.vendor, each.isAccelerator ? 1 : 0)
                    return (UInt32(index), device)
                })
        }
    }

    private static func chosen(
        cuda: [(vendor: UInt32, isAccelerator: Bool)] = [], openCL: [(vendor: UInt32, isAccelerator: Bool)],
        orProcessors: Bool = false
    ) -> [String] {
        BenchAccelerators.choose(
            cuda.isEmpty ? nil : found(GCX_GPU_CUDA, cuda), found(GCX_GPU_OPENCL, openCL), orProcessors: orProcessors
        ).map { "\($0.found.api == GCX_GPU_CUDA ? "cuda" : "opencl") \($0.index)" }
    }

    @Test("a device that CUDA and OpenCL both have is taken once, from CUDA")
    func once() {
        #expect(
            Self.chosen(cuda: [(0x10DE, true)], openCL: [(0x10DE, true), (0x1002, true)]) == ["cuda 0", "opencl 1"])
        #expect(Self.chosen(openCL: [(0x10DE, true)]) == ["opencl 0"])
    }

    @Test("a processor is taken only where it may stand in, and never beside an accelerator")
    func processors() {
        #expect(Self.chosen(openCL: [(0x8086, false)]) == [])
        #expect(Self.chosen(openCL: [(0x8086, false)], orProcessors: true) == ["opencl 0"])
        #expect(Self.chosen(openCL: [(0x8086, false), (0x1002, true)], orProcessors: true) == ["opencl 1"])
        #expect(Self.chosen(cuda: [(0x10DE, true)], openCL: [(0x8086, false)], orProcessors: true) == ["cuda 0"])
    }

    @Test("a driver that is not installed is told by its file, for each interface")
    func missing() {
        let found = BenchAccelerators.find(orProcessors: true, cuda: "libnone.so.1", openCL: "libnone.so.2")
        #expect(
            lack(found) == "no GPU: CUDA: libnone.so.1 is not installed; OpenCL: libnone.so.2 is not installed")
    }

    @Test("a file that is no library, or a library of something else, is a sentence and no crash")
    func broken() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-driver-\(UUID().uuidString)")
        try Data("no library".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        for api in [GCX_GPU_CUDA, GCX_GPU_OPENCL] {
            let junk = BenchAccelerators.load(api, file.path)
            #expect(junk.found == nil && junk.lack.hasPrefix(file.path) && !junk.lack.contains("not installed"))
        }
        #expect(BenchAccelerators.load(GCX_GPU_CUDA, "libc.so.6").lack == "libc.so.6 has no cuInit")
        #expect(BenchAccelerators.load(GCX_GPU_OPENCL, "libc.so.6").lack == "libc.so.6 has no clGetPlatformIDs")
    }

    @Test("a device is a line of every report, and a processor is not called an accelerator")
    func line() {
        #expect(
            accelerator.line == "accelerator: Stand-in 0, 10 compute units, 0.1 GiB (cuda 0, driver CUDA 12.9)")
        var report = Fixtures.report([])
        #expect(!report.table(width: 120, colour: false).contains("accelerator"))
        report.devices = [accelerator]
        report.devices?[0].isAccelerator = false
        #expect(report.table(width: 120, colour: false).contains("- processor, no accelerator: Stand-in 0"))
        #expect(report.markdown().contains("processor, no accelerator: Stand-in 0"))
    }

    @Test("a figure of a processor is void, however steady, and busy processors do not void an accelerator's")
    func validity() {
        let values = [100.0, 101, 100, 101, 100, 101]
        #expect(!Fixtures.axis(.acceleratorFP32, values: values, share: nil, conditions: [.notAccelerator]).steady)
        var busy = Fixtures.quiet
        (busy.otherCores, busy.besideCores, busy.stealShare) = (1, 1, 0.1)
        let axis = Fixtures.axis(.acceleratorFP32, values: values, share: nil, disturbance: busy)
        #expect(axis.steady && axis.flags.isEmpty)
        #expect(Fixtures.report([axis]).facts(measuredAt: 1).map(\.name) == ["gpu.fp32.one"])
    }
}

/// A library in the place of the CUDA driver.
private enum StandIn {
    /// Built once, beside the tests; nil without a compiler.
    static let file: String? = {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/CUDA/driver.c").path
        let compilers = ["/usr/bin/clang", "/usr/bin/cc", "/usr/bin/gcc"]
        guard let compiler = compilers.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            return nil
        }
        let library = URL(fileURLWithPath: RealProbe.path).deletingLastPathComponent()
            .appendingPathComponent("libstandin.so").path
        // Another run may have it open: it is replaced whole.
        let fresh = "\(library).\(getpid())"
        let child = Process()
        child.executableURL = URL(fileURLWithPath: compiler)
        child.arguments = ["-shared", "-fPIC", "-O2", source, "-o", fresh]
        guard (try? child.run()) != nil else { return nil }
        child.waitUntilExit()
        guard child.terminationStatus == 0, rename(fresh, library) == 0 else { return nil }
        return library
    }()
}

/// The code of the CUDA driver against a library that stands in for it (`Tests/Fixtures/CUDA/driver.c`).
@Suite(
    "Accelerators: CUDA", .serialized,
    .enabled(if: StandIn.file != nil, "needs a C compiler to build the driver that stands in for CUDA"))
struct CUDATests {
    private static func accelerators() throws -> BenchAccelerators {
        let file = try #require(StandIn.file)
        return try BenchAccelerators.find(orProcessors: true, cuda: file, openCL: "libnone.so.2").get()
    }

    /// The devices one by one, so that only the first is asked.
    private static func first() throws -> BenchAccelerators {
        BenchAccelerators(devices: Array(try accelerators().devices.prefix(1)))
    }

    @Test("the devices are named, described and limited by what the driver tells")
    func described() throws {
        let devices = try Self.accelerators().devices
        #expect(devices.map(\.description.name) == ["Stand-in 0", "Stand-in 1"])
        #expect(devices[0].description.driverVersion.hasSuffix("CUDA 12.9") && devices[0].description.api == "cuda")
        var expected = accelerator
        expected.driverVersion = devices[0].description.driverVersion
        #expect(devices[0].description == expected)
        // Two operations × 1 GHz × 10 multiprocessors × 64 or 32 units; two transfers × 1 GHz × 512 bytes.
        #expect(devices[0].handle.limit(GCX_GPU_FP32) == 1.28e12 && devices[0].handle.limit(GCX_GPU_FP64) == 0.64e12)
        #expect(devices[0].handle.limit(GCX_GPU_COPY) == 1.024e12 && devices[0].handle.limit(GCX_GPU_TO) == nil)
    }

    @Test(
        "each operation is prepared, warmed up, checked and sampled",
        arguments: [GCX_GPU_FP32, GCX_GPU_FP64, GCX_GPU_COPY, GCX_GPU_TO, GCX_GPU_FROM])
    func operations(operation: gcx_gpu_operation) throws {
        var measurement = try BenchAccelerator(operation, Self.first())
        let sample = try #require(try measurement.sample())
        #expect(sample.value > 0 && sample.isUndisturbed && measurement.conditions.isEmpty)
        let bytes: UInt64 =
            switch operation {
            case GCX_GPU_COPY: 16 << 20  // an eighth of the memory, twice
            case GCX_GPU_TO, GCX_GPU_FROM: 64 << 20
            default: 0
            }
        #expect(measurement.workingSetBytes == bytes)
    }

    @Test("what every device can do is measured on all of them, and no limit is told that was passed")
    func all() throws {
        let measurement = try BenchAccelerator(GCX_GPU_FP32, try Self.accelerators())
        #expect(measurement.limit(value: 1e12, clockHertz: 0) == 1.28e12)
        #expect(measurement.limit(value: 1.3e12, clockHertz: 0) == nil)
    }

    @Test("a device that computes or copies wrongly is a failure and no figure")
    func wrong() throws {
        let accelerators = try Self.accelerators()
        let rate = #expect(throws: BenchFailure.self) { try BenchAccelerator(GCX_GPU_FP64, accelerators) }
        #expect(rate.map { "\($0)" }?.hasPrefix("Stand-in 1: work item 300 gave ") == true && rate?.absence == nil)
        let copy = #expect(throws: BenchFailure.self) { try BenchAccelerator(GCX_GPU_COPY, accelerators) }
        #expect(copy.map { "\($0)" } == "Stand-in 1: the copy differs from what was copied, from byte 0 on")
    }

    @Test("a device without FP64 is told as such, which is no failure")
    func noFP64() throws {
        let file = try #require(StandIn.file)
        let found = try #require(BenchAccelerators.load(GCX_GPU_CUDA, file).found)
        var device = found.devices[0].device
        device.has_fp64 = 0
        let handle = try BenchDevice(found.library, 0, device, name: "Small")
        let accelerators = BenchAccelerators(devices: [.init(description: accelerator, handle: handle)])
        let failure = #expect(throws: BenchFailure.self) { try BenchAccelerator(GCX_GPU_FP64, accelerators) }
        #expect(failure?.absence == "Small has no FP64")
    }
}

/// OpenCL for real: PoCL makes a device of the processor.
@Suite(
    "Accelerators: OpenCL", .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: RealProbe.path), "needs gcx-probe beside the tests"))
struct OpenCLTests {
    private static let axes = BenchmarkRegistry.names.filter { $0.hasPrefix("gpu.") }
    static let hasPoCL = FileManager.default.fileExists(atPath: "/etc/OpenCL/vendors/pocl.icd")
    static let hasAccelerator = (try? BenchAccelerators.find(orProcessors: false).get()) != nil

    /// Drivers keep what they compiled below HOME.
    private static func report(_ axes: [String], home: String? = nil) async throws -> BenchmarkReport {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-home-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plan = try BenchmarkPlan(axes: axes, seconds: 2, directory: folder.path, bytesMax: 32 << 20)
        // PoCL calls the linker by its name.
        let probe = RealProbe(environment: ["HOME": home ?? folder.path, "PATH": "/usr/bin:/bin"])
        return try await BenchmarkRunner(process: probe).run(plan)
    }

    @Test(
        "asked for alone, all five axes are measured on a processor, flagged, and no facts",
        .enabled(if: OpenCLTests.hasPoCL, "needs PoCL (pocl-opencl-icd) as an OpenCL driver"),
        .disabled(if: OpenCLTests.hasAccelerator, "an accelerator is measured in its place"))
    func alone() async throws {
        let report = try await Self.report(Self.axes)
        #expect(report.problems == [] && report.skipped == nil)
        #expect(report.axes.map(\.name) == Self.axes && Self.axes.count == 5)
        for axis in report.axes {
            #expect(axis.samples.count >= 5 && axis.samples.allSatisfy { $0.value > 0 })
            #expect(axis.conditions == [.notAccelerator] && !axis.steady)
        }
        #expect(report.facts(measuredAt: 1).isEmpty)
        let device = try #require(report.devices?.first)
        #expect(device.api == "opencl" && !device.isAccelerator && device.computeUnits > 0 && device.memoryBytes > 0)
        #expect(report.table(width: 80, colour: false).contains("processor, no accelerator: \(device.name.prefix(7))"))
        if let memory = report.memory, let peak = memory.peakBytes { #expect(peak <= memory.announcedBytes) }
    }

    @Test(
        "beside other axes they are skipped once, with what each interface lacks",
        .disabled(if: OpenCLTests.hasAccelerator, "an accelerator is measured"))
    func beside() async throws {
        let report = try await Self.report(["cpu.clock.all"] + Self.axes)
        #expect(report.problems == [] && report.axes.map(\.name) == ["cpu.clock.all"] && report.devices == nil)
        let skipped = try #require(report.skipped)
        #expect(skipped.count == 1 && skipped[0].axes == Self.axes)
        #expect(skipped[0].reason.hasPrefix("no GPU: CUDA: lib") && skipped[0].reason.contains("; OpenCL: "))
        if Self.hasPoCL { #expect(skipped[0].reason.contains("the only device is a processor (")) }
    }

    @Test(
        "a HOME that cannot be written costs no more than these axes",
        .disabled(if: OpenCLTests.hasAccelerator, "an accelerator's driver has other needs"))
    func noHome() async throws {
        let report = try await Self.report(Self.axes, home: "/proc/none")
        #expect(report.problems == [] && report.axes.count + (report.skipped ?? []).flatMap(\.axes).count == 5)
    }
}
