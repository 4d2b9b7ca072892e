package import GCXModel

/// What one lease has for itself, from its signing to its end.
package struct LeasePlacement: Codable, Equatable, Sendable {
    /// Nil where jobs cannot have cores for themselves.
    package var cores: CorePlacement?
    /// Devices by their CDI names.
    package var devices: [Untrusted]

    package init(cores: CorePlacement?, devices: [Untrusted] = []) {
        self.cores = cores
        self.devices = devices
    }
}

/// The cores that one lease has for itself, from its signing to its end.
package struct CorePlacement: Codable, Equatable, Sendable {
    /// Every hardware thread of every core.
    package var pus: PUSet
    /// The kernel's numbers of the NUMA nodes they belong to.
    package var nodes: PUSet

    package init(pus: PUSet, nodes: PUSet) {
        self.pus = pus
        self.nodes = nodes
    }
}
