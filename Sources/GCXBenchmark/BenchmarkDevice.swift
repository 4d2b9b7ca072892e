import GCXModel

/// An accelerator that the `gpu.*` axes were measured on, or the processor that stood in for one.
package struct BenchmarkDevice: Codable, Equatable, Sendable {
    /// Among the devices of its interface.
    package var index: Int
    /// What drove it: `cuda` or `opencl`.
    package var api: String
    /// As the driver tells it.
    package var name: String
    /// Version of the driver; empty where it does not tell.
    package var driverVersion: String
    /// False for a processor behind OpenCL: its figures are no accelerator's.
    package var isAccelerator: Bool
    package var memoryBytes: UInt64
    /// Multiprocessors, compute units or cores, whichever the driver counts.
    package var computeUnits: Int

    package init(
        index: Int, api: String, name: String, driverVersion: String, isAccelerator: Bool, memoryBytes: UInt64,
        computeUnits: Int
    ) {
        self.index = index
        self.api = api
        self.name = name
        self.driverVersion = driverVersion
        self.isAccelerator = isAccelerator
        self.memoryBytes = memoryBytes
        self.computeUnits = computeUnits
    }

    /// One line for people.
    package var line: String {
        let memory = Quantity.fixed(Double(memoryBytes) / 1_073_741_824, decimals: 1)
        let kind = isAccelerator ? "accelerator" : "processor, no accelerator"
        let driver = driverVersion.isEmpty ? "" : ", driver \(driverVersion)"
        return
            "\(kind): \(name), \(NumberText.count(computeUnits, "compute unit")), \(memory) GiB (\(api) \(index)\(driver))"
    }
}
