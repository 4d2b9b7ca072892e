import CKernels
import GCXBenchmark

/// A device behind CUDA or OpenCL. One thread only.
@safe final class BenchDevice {
    private let handle: OpaquePointer
    private let name: String
    private let device: gcx_gpu_device

    /// - Parameters:
    ///   - library: must outlive the device; it is never unloaded.
    ///   - name: for the sentence of a failure.
    init(_ library: OpaquePointer, _ index: UInt32, _ device: gcx_gpu_device, name: String) throws(BenchFailure) {
        let (opened, reason) = unsafe Reason.of { unsafe gcx_gpu_open(library, index, $0) }
        guard let opened = unsafe opened else { throw .device(name, reason: reason) }
        unsafe (handle, self.device, self.name) = unsafe (opened, device, name)
    }

    deinit { unsafe gcx_gpu_close(handle) }

    var isAccelerator: Bool { device.is_accelerator != 0 }

    /// Allocates and compiles.
    func prepare(_ operation: gcx_gpu_operation) throws(BenchFailure) {
        guard operation != GCX_GPU_FP64 || device.has_fp64 != 0 else { throw .absent("\(name) has no FP64") }
        try unsafe attempt { unsafe gcx_gpu_prepare(handle, operation, $0) }
    }

    /// Seconds of `amount` times the operation.
    func run(_ operation: gcx_gpu_operation, amount: UInt64) throws(BenchFailure) -> Double {
        var nanoseconds: UInt64 = 0
        try unsafe attempt { unsafe gcx_gpu_run(handle, operation, amount, &nanoseconds, $0) }
        return Double(nanoseconds) / 1e9
    }

    /// Does it once more, and looks at every result.
    func check(_ operation: gcx_gpu_operation, amount: UInt64) throws(BenchFailure) {
        try unsafe attempt { unsafe gcx_gpu_check(handle, operation, amount, $0) }
    }

    /// Operations or bytes of an amount of one.
    func units(_ operation: gcx_gpu_operation) -> Double { unsafe Double(gcx_gpu_units(handle, operation)) }

    func workingSetBytes(_ operation: gcx_gpu_operation) -> UInt64 {
        unsafe gcx_gpu_working_set_bytes(handle, operation)
    }

    /// From the clocks, units and bus that the driver tells; nil where it does not.
    func limit(_ operation: gcx_gpu_operation) -> Double? {
        let limit =
            switch operation {
            case GCX_GPU_FP32: device.fp32_limit
            case GCX_GPU_FP64: device.fp64_limit
            case GCX_GPU_COPY: device.copy_limit
            default: 0.0
            }
        return limit > 0 ? limit : nil
    }

    private func attempt(_ body: (UnsafeMutablePointer<CChar>) -> Int32) throws(BenchFailure) {
        let (code, reason) = unsafe Reason.of(body)
        guard code == 0 else { throw .device(name, reason: reason) }
    }
}

/// `gpu.*`: one operation on every device in turn.
struct BenchAccelerator: BenchMeasurement {
    /// A batch is submitted in microseconds, so that this is all but the device's own time.
    private static let sampleSeconds = 0.02
    /// Until the clock of an idle device has risen.
    private static let warmUpSeconds = 0.25
    private static let warmUpsMax = 200

    let threads = 1
    private let operation: gcx_gpu_operation
    private let devices: [(device: BenchDevice, amount: UInt64)]

    init(_ operation: gcx_gpu_operation, _ accelerators: BenchAccelerators) throws(BenchFailure) {
        self.operation = operation
        devices = try accelerators.devices.map { found throws(BenchFailure) in
            try found.handle.prepare(operation)
            let amount = try Self.warmedUp(found.handle, operation)
            try found.handle.check(operation, amount: amount)
            return (found.handle, amount)
        }
    }

    /// Of the device with the largest; they are worked on one after the other.
    var workingSetBytes: UInt64 { devices.map { $0.device.workingSetBytes(operation) }.max() ?? 0 }

    var conditions: [Flag] { devices.allSatisfy(\.device.isAccelerator) ? [] : [.notAccelerator] }

    /// The device is waited for, so nothing is said about the processors.
    mutating func sample() throws(BenchFailure) -> Sample? {
        var slowest = Double.infinity
        for (device, amount) in devices {
            slowest = min(
                slowest, device.units(operation) * Double(amount) / (try device.run(operation, amount: amount)))
        }
        return Sample(value: slowest, processorShare: nil)
    }

    /// The least of all devices; nil where one is not known, or is passed: some cards boost beyond the clock that they state.
    func limit(value: Double, clockHertz: Double) -> Double? {
        let limits = devices.compactMap { $0.device.limit(operation) }
        guard limits.count == devices.count, let least = limits.min(), value <= least else { return nil }
        return least
    }

    /// Runs until the device is warm, and finds how often the operation fits into a sample.
    private static func warmedUp(
        _ device: BenchDevice, _ operation: gcx_gpu_operation
    ) throws(BenchFailure) -> UInt64 {
        let amountMax = Double(gcx_gpu_amount_max(operation))
        let begin = gcx_now_nanoseconds()
        var amount: UInt64 = 1
        for _ in 0..<warmUpsMax {
            let wanted = Double(amount) * sampleSeconds / (try device.run(operation, amount: amount))
            // At most tenfold, for a first run is slow or quick for reasons of its own.
            amount = UInt64(min(max(1, wanted), amountMax, 10 * Double(amount)))
            if Double(gcx_now_nanoseconds() - begin) / 1e9 > warmUpSeconds { break }
        }
        return amount
    }
}
