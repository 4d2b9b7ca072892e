import CKernels
import GCXBenchmark
import GCXModel

/// The devices that the `gpu.*` axes are measured on.
///
/// A driver may hang or crash: then this process does, and whoever started it kills it when its time is over
/// (`BenchmarkPlan.timeout`), as with everything else it loads.
struct BenchAccelerators {
    /// One device, open.
    struct Device {
        let description: BenchmarkDevice
        let handle: BenchDevice
    }

    /// What one interface has to offer.
    @safe struct Found {
        let api: gcx_gpu_api
        let library: OpaquePointer
        /// Index and description, in the driver's order.
        let devices: [(index: UInt32, device: gcx_gpu_device)]
    }

    let devices: [Device]

    /// Pinned memory, what a driver and its compiler hold (320 MiB were seen), and the arrays of a processor that stands in.
    static let hostBytes: UInt64 = 640 << 20
    private static let nvidia: UInt32 = 0x10DE

    /// Opens every accelerator: those of CUDA, then those of OpenCL which are not the same again.
    ///
    /// - Parameters:
    ///   - orProcessors: whether a processor behind OpenCL may stand in where there is no accelerator.
    ///   - cuda: file of the CUDA driver.
    ///   - openCL: file of the OpenCL loader.
    /// - Returns: at least one device; or ``BenchFailure/absent(_:)``, which says what each interface lacks, or
    ///   ``BenchFailure/device(_:reason:)`` of a device that is there and does not open.
    static func find(
        orProcessors: Bool, cuda: String = soname(GCX_GPU_CUDA), openCL: String = soname(GCX_GPU_OPENCL)
    ) -> Result<BenchAccelerators, BenchFailure> {
        let (cudaFound, cudaLack) = load(GCX_GPU_CUDA, cuda)
        let (openCLFound, openCLLack) = load(GCX_GPU_OPENCL, openCL)
        let chosen = choose(cudaFound, openCLFound, orProcessors: orProcessors)
        guard !chosen.isEmpty else {
            return .failure(.absent("no GPU: CUDA: \(cudaLack); OpenCL: \(processors(openCLFound) ?? openCLLack)"))
        }
        return Result { () throws(BenchFailure) in BenchAccelerators(devices: try chosen.map(open)) }
    }

    static func soname(_ api: gcx_gpu_api) -> String { unsafe String(cString: gcx_gpu_library_name(api)) }

    /// What is found through an interface, or a sentence why nothing is.
    static func load(_ api: gcx_gpu_api, _ file: String) -> (found: Found?, lack: String) {
        let (handle, reason) = unsafe Reason.of { unsafe gcx_gpu_load(api, file, $0) }
        guard let library = unsafe handle else { return (nil, reason) }
        let devices = unsafe (0..<gcx_gpu_count(library)).compactMap { index in
            unsafe gcx_gpu_describe(library, index).map { unsafe (index: index, device: $0.pointee) }
        }
        return unsafe (Found(api: api, library: library, devices: devices), "")
    }

    typealias Choice = (found: Found, index: UInt32, device: gcx_gpu_device)

    /// Accelerators of CUDA, and those of OpenCL which CUDA does not have too; processors only where there is neither.
    static func choose(_ cuda: Found?, _ openCL: Found?, orProcessors: Bool) -> [Choice] {
        let (first, second) = (all(cuda), all(openCL))
        let others = second.filter { $0.device.is_accelerator != 0 && (first.isEmpty || $0.device.vendor != nvidia) }
        let accelerators = first + others
        return accelerators.isEmpty && orProcessors ? second : accelerators
    }

    private static func all(_ found: Found?) -> [Choice] {
        found.map { found in found.devices.map { (found, $0.index, $0.device) } } ?? []
    }

    /// A sentence for devices that are there and are no accelerators.
    private static func processors(_ found: Found?) -> String? {
        guard let found, let first = found.devices.first else { return nil }
        let name = text(first.device.name)
        return found.devices.count == 1
            ? "the only device is a processor (\(name)), which gpu.* alone would measure"
            : "all \(NumberText.count(found.devices.count, "device")) are processors (\(name), …), which gpu.* alone would measure"
    }

    private static func open(_ choice: Choice) throws(BenchFailure) -> Device {
        let device = choice.device
        let isCUDA = choice.found.api == GCX_GPU_CUDA
        var driver = text(device.driver)
        if isCUDA, let version = BenchSystem.text("/sys/module/nvidia/version")?.split(separator: "\n").first {
            driver = "\(version), \(driver)"
        }
        let description = BenchmarkDevice(
            index: Int(choice.index), api: isCUDA ? "cuda" : "opencl", name: text(device.name), driverVersion: driver,
            isAccelerator: device.is_accelerator != 0, memoryBytes: device.memory_bytes,
            computeUnits: Int(device.compute_units))
        return unsafe Device(
            description: description,
            handle: try BenchDevice(choice.found.library, choice.index, device, name: description.name))
    }

    /// A C array of characters as text, without the spaces that drivers put around names.
    static func text<Characters>(_ characters: Characters) -> String {
        let bytes = unsafe withUnsafeBytes(of: characters) { unsafe Array($0.prefix { $0 != 0 }) }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }
}

/// Room for the sentence that the C side gives when something fails.
enum Reason {
    /// What `body` returns, and what it wrote.
    static func of<Value>(_ body: (UnsafeMutablePointer<CChar>) -> Value) -> (value: Value, reason: String) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(GCX_GPU_TEXT_BYTES)) { buffer in
            unsafe buffer.initialize(repeating: 0)
            // Not empty: its size is a constant.
            guard let base = buffer.baseAddress else { preconditionFailure("a buffer of constant size has an address") }
            let value = unsafe body(base)
            let words = unsafe String(cString: base).split(whereSeparator: \.isWhitespace)
            return (value, words.joined(separator: " "))
        }
    }
}
