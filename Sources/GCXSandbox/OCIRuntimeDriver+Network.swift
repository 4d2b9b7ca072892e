import GCXLinux
import GCXModel

extension OCIRuntimeDriver {
    /// Removes what crashes left of the networks of jobs. Cheap, and harmless beside jobs that run.
    package func sweepNetwork() throws(SandboxError) {
        try sandboxed { () throws(LinuxError) in try HostNetwork().sweep() }
    }

    /// The network that a job asked for; nil when it asked for none.
    ///
    /// Called under the lock of the slots, so that no two jobs get the same addresses or ports.
    func networkPlan(_ spec: JobSpec, _ ids: IDMap) throws(SandboxError) -> NetworkPlan? {
        guard let request = spec.network, request.mode == .egress, let network else { return nil }
        if let obstacle = HostNetwork.obstacle() { throw .noNetwork(reason: obstacle.reason, fix: obstacle.fix) }
        let tables = try sandboxed { () throws(LinuxError) in try NetworkTables.read() }
        var taken: [PublishedPort] = []
        // An ended job keeps its directory for a while, but no port.
        // bounded: joins lists
        for job in try jobs() where !Files.exists(job.exit) { taken += job.published }
        let plan = try network.plan(
            // bounded: ids begin at `firstHostID` or above, and a range has 65,536
            request, slot: (ids.base - SandboxLimits.firstHostID) / IDMap.size, on: tables,
            mtu: HostNetwork.mtu(tables), taken: taken)
        guard !NetworkTables.hasInterface(plan.interface) else {
            throw .noNetwork(
                reason: "the interface \(plan.interface) is there already",
                fix: "Give each agent of this machine a network.pool of its own.")
        }
        return plan
    }

    /// What the job has sent and received: from the kernel while its interface is there, then from its exit record.
    func addTraffic(of job: JobDirectory, _ network: NetworkPlan, to sample: inout RawSample) throws(SandboxError) {
        if let exit = try job.readExit() {
            (sample.egressBytes, sample.ingressBytes) = (exit.egressBytes, exit.ingressBytes)
        } else {
            let record = try job.read(SupervisorRecord.self, job.supervisor)
            let traffic = HostNetwork.bytes(network, supervisor: alive(record))
            (sample.egressBytes, sample.ingressBytes) = (traffic?.sent, traffic?.received)
        }
    }
}
