import GCXLinux
package import GCXSandbox

/// A driver that can say what its jobs have of the machine.
package protocol HelperDriver: RuntimeDriver {
    /// What the jobs have that were planned and have not ended.
    func claims() throws(SandboxError) -> [HelperClaim]
}

extension OCIRuntimeDriver: HelperDriver {
    /// Cost: reads the plan of each job. One that does not read is its supervisor's alone, and has been judged before.
    package func claims() throws(SandboxError) -> [HelperClaim] {
        try jobs().filter { !Files.exists($0.exit) }.compactMap { job in
            guard let name = try? JobName(job.id), let spec = (try? job.readPlan())?.spec else { return nil }
            return HelperClaim(name: name, resources: spec.resources, devices: spec.devices)
        }
    }
}
