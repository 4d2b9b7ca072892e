import GCXModel
import GCXWire

/// What there is to be given to one lease alone.
package struct MachineMap: Equatable, Sendable {
    /// Nil where jobs cannot have cores for themselves.
    package var cores: CoreMap?
    /// GPUs by their CDI names.
    package var devices: [String]

    package init(cores: CoreMap?, devices: [String] = []) {
        self.cores = cores
        self.devices = devices
    }

    /// As many devices as asked for that nobody in `taken` has; nil when there are too few.
    func devices(_ count: UInt32, beside taken: [LeasePlacement]) -> [Untrusted]? {
        let held = Set(taken.flatMap(\.devices))
        let free = devices.map { Untrusted($0) }.filter { !held.contains($0) }
        return free.count >= Int(count) ? Array(free.prefix(Int(count))) : nil  // bounded: 32 bits in 64
    }
}
