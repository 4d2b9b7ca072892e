import GCXLinux
package import GCXModel

/// Which OCI runtime is used, how, and why that one.
package struct RuntimeChoice: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case crun, runc
        /// gVisor: a kernel of its own in user space.
        case runsc
        /// crun with libkrun: a virtual machine for each job.
        case krun

        /// What stands between a job and the machine.
        package var isolation: IsolationLevel {
            switch self {
            case .crun, .runc: .container
            case .runsc: .userKernel
            case .krun: .virtualMachine
            }
        }

        /// Whether it may be taken without being asked for: the thicker walls cost speed, and the owner says so.
        var isDefault: Bool { isolation == .container }
    }

    package var kind: Kind
    package var path: String
    /// One sentence for `gcx doctor`.
    package var reason: String
    /// The v2 tree that must be out of sight while the runtime works; nil when there is none.
    package var hiddenTree: String?

    /// The runtime for this machine: the preferred one if it is installed, else crun, else runc. One with a thicker wall
    /// is never replaced by one with a thinner.
    ///
    /// - Throws: ``SandboxError/noRuntime(tried:)``.
    package static func detect(preferred: Kind? = nil) throws(SandboxError) -> RuntimeChoice {
        let layout = try sandboxed { () throws(LinuxError) in try CgroupLayout.detect() }
        return try choose(preferred: preferred, layout: layout) { ChildProcess.find($0) }
    }

    /// The choice as a pure function of what is installed and how control groups are mounted.
    static func choose(
        preferred: Kind?, layout: CgroupLayout, find: (String) -> String?
    ) throws(SandboxError) -> RuntimeChoice {
        let others: [Kind] = preferred?.isDefault ?? true ? [.crun, .runc] : []
        let order = [preferred].compactMap { $0 } + others  // bounded: joins lists
        for kind in order {
            guard let path = find(kind.rawValue) else { continue }
            let why = kind == preferred ? "asked for" : kind == .crun ? "starts fastest" : "crun is not installed"
            return RuntimeChoice(
                kind: kind, path: path, reason: "\(kind.rawValue) (\(why)), \(explain(kind, layout))",
                hiddenTree: hiddenTree(kind, layout))
        }
        throw .noRuntime(tried: Set(order).map(\.rawValue).sorted().map { "`\($0)` is not installed" })
    }

    /// crun refuses a machine where v1 and v2 are mounted together ("cgroups in hybrid mode not supported").
    private static func hiddenTree(_ kind: Kind, _ layout: CgroupLayout) -> String? {
        if case .legacy(_, let root?) = layout, kind == .crun || kind == .krun { return root }
        return nil
    }

    private static func explain(_ kind: Kind, _ layout: CgroupLayout) -> String {
        switch layout {
        case .unified: "control groups v2"
        case .legacy(_, nil): "control groups v1"
        case .legacy(_, .some):
            kind == .crun || kind == .krun ? "hybrid control groups with the v2 tree hidden" : "hybrid control groups"
        }
    }
}

/// The call of an OCI runtime, always made by the supervisor.
struct Runtime {
    let choice: RuntimeChoice
    let paths: SandboxPaths
    let logPath: String

    /// Makes the container and starts it, with these descriptors as its standard output and error.
    ///
    /// - Throws: `LinuxError.toolFailed` with the runtime's own words.
    func run(_ id: String, output: Int32, error: Int32) throws(LinuxError) {
        let arguments = ["run", "--detach", "--bundle", paths.bundle, "--pid-file", paths.pidFile, id]
        try call(arguments, descriptors: [(output, 1), (error, 2)])
    }

    /// Makes the container and all its namespaces, and runs nothing of the job yet.
    func create(_ id: String, output: Int32, error: Int32) throws(LinuxError) {
        let arguments = ["create", "--bundle", paths.bundle, "--pid-file", paths.pidFile, id]
        try call(arguments, descriptors: [(output, 1), (error, 2)])
    }

    /// Starts a container that was made.
    func start(_ id: String) throws(LinuxError) { try call(["start", id], descriptors: []) }

    private func call(_ arguments: [String], descriptors: [(ours: Int32, theirs: Int32)]) throws(LinuxError) {
        // crun gives the standard streams to the job's user. /dev/null is the machine's, also where the job sees it: its
        // user could then close it to everybody. A pipe that has ended is nobody's.
        let nothing = try Pipe().closeWriter()
        let tool = ChildProcess(
            // bounded here: joins lists
            choice.path, common + arguments, timeout: SandboxLimits.runtimeTimeout,
            descriptors: [(nothing.number, 0)] + descriptors)
        let outcome = try tool.outcome()
        guard outcome.status == .exited(0) else {
            let words = [Files.lineIfPresent(logPath) ?? "", outcome.errorLine].filter { !$0.isEmpty }
            let text = words.joined(separator: "; ").suffix(LinuxLimits.toolErrorBytesMax)
            throw .toolFailed(tool: choice.kind.rawValue, status: outcome.status.code, output: String(text))
        }
    }

    private var common: [String] {
        switch choice.kind {
        case .crun, .krun: ["--root", paths.runtimeState, "--cgroup-manager=cgroupfs", "--log", "file:\(logPath)"]
        case .runc: ["--root", paths.runtimeState, "--log", logPath]
        // The loopback device is gVisor's own; without a network there is nothing to reach.
        case .runsc: ["--root", paths.runtimeState, "--log", logPath, "--network=none"]
        }
    }
}
