package import GCXConfig
package import GCXModel
package import GCXSandbox

/// What the owner's file says of jobs, for whoever runs them.
extension Configuration {
    /// How images are kept and which may be pulled.
    package var imageSettings: ImageSettings {
        ImageSettings(
            unpackedBytesMax: job.imageBytesMax, storeBytesMax: image.storeBytesMax,
            policy: ImagePolicy(
                allow: image.allow.compactMap(ImageRule.init), deny: image.deny.compactMap(ImageRule.init),
                policyFile: image.policyFile.isEmpty ? nil : image.policyFile,
                authFile: image.authFile.isEmpty ? nil : image.authFile, insecureRegistries: image.insecureRegistries))
    }

    /// Nil when the owner gives jobs no network.
    package var networkPolicy: NetworkPolicy? {
        guard network.egressEnabled, let pool = IPv4Network(network.pool) else { return nil }
        // bounded: the configuration has them in order, `validate` sees to it
        let ports = UInt16(clamping: network.publishPortFirst)...UInt16(clamping: network.publishPortLast)
        return NetworkPolicy(
            pool: pool, bytesPerSecond: network.bytesPerSecond, connectionsMax: network.connectionsMax,
            dnsServers: network.dnsServers, deny: network.deny, allow: network.allow,
            publishAddresses: network.publishAddresses, publishPorts: ports)
    }

    /// What is sold of this machine.
    ///
    /// - Parameter canPin: whether a job can be given processing units of its own here.
    package func helperPolicy(of inventory: Inventory, canPin: Bool) -> HelperPolicy {
        let cores = inventory.usableCores
        let memory = inventory.memoryBytes ?? 0
        // bounded here: the smaller from the larger
        return HelperPolicy(
            cores: cores - min(cores, offer.coresReserved),
            memoryBytes: memory - min(memory, offer.memoryReservedBytes), storageBytes: offer.storageBytes,
            pus: job.exclusiveCores && canPin ? inventory.pusForSale(reserved: offer.coresReserved) : nil,
            devices: Set(job.gpus), wallSecondsMax: offer.leaseSecondsMax, logBytesMax: job.logBytesMax,
            outputBytesMax: job.outputBytesMax, rootfsBytesMax: job.imageBytesMax, inputBytesMax: job.inputBytesMax,
            ioBytesPerSecond: job.ioBytesPerSecond == 0 ? nil : job.ioBytesPerSecond,
            ioOperationsPerSecond: job.ioOperationsPerSecond == 0 ? nil : job.ioOperationsPerSecond)
    }

    /// The driver of this machine's jobs, with what an earlier life left put right.
    ///
    /// - Parameters:
    ///   - supervisorPath: the program `gcx-supervisor`.
    ///   - readers: the group that may read what jobs leave; nil for nobody but this process's user.
    package func jobDriver(supervisorPath: String, readers: UInt32? = nil) throws(SandboxError) -> OCIRuntimeDriver {
        let settings = imageSettings
        // An owner learns at the start that a file of his is open to others, not from the first buyer.
        do throws(ImageError) { try settings.policy.checkFiles() } catch { throw .image(error) }
        let driver = try OCIRuntimeDriver(
            state: agent.stateDirectory, supervisorPath: supervisorPath,
            preferred: RuntimeChoice.Kind(rawValue: job.runtime),
            base: job.cgroupBase.isEmpty ? nil : job.cgroupBase, images: settings, network: networkPolicy,
            readers: readers)
        try driver.pruneImages()
        return driver
    }
}
