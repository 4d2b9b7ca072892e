import GCXLinux

/// Which OCI runtime is used, how, and why that one.
package struct RuntimeChoice: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case crun, runc
    }

    package var kind: Kind
    package var path: String
    /// One sentence for `gcx doctor`.
    package var reason: String
    /// The v2 tree that must be out of sight while the runtime works; nil when there is none.
    package var hiddenTree: String?

    /// The runtime for this machine: the preferred one if it is installed, else crun, else runc.
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
        let order = [preferred, .crun, .runc].compactMap { $0 }
        for kind in order {
            guard let path = find(kind.rawValue) else { continue }
            let why = kind == preferred ? "asked for" : kind == .crun ? "starts fastest" : "crun is not installed"
            return RuntimeChoice(
                kind: kind, path: path, reason: "\(kind.rawValue) (\(why)), \(explain(kind, layout))",
                hiddenTree: hiddenTree(kind, layout))
        }
        throw .noRuntime(tried: Kind.allCases.map { "`\($0.rawValue)` is not installed" })
    }

    /// crun refuses a machine where v1 and v2 are mounted together ("cgroups in hybrid mode not supported").
    private static func hiddenTree(_ kind: Kind, _ layout: CgroupLayout) -> String? {
        if case .legacy(_, let root?) = layout, kind == .crun { return root }
        return nil
    }

    private static func explain(_ kind: Kind, _ layout: CgroupLayout) -> String {
        switch layout {
        case .unified: "control groups v2"
        case .legacy(_, nil): "control groups v1"
        case .legacy(_, .some):
            kind == .crun ? "hybrid control groups with the v2 tree hidden" : "hybrid control groups"
        }
    }
}

/// The calls of an OCI runtime, always made by the supervisor.
struct Runtime {
    let choice: RuntimeChoice
    let paths: SandboxPaths
    let logPath: String

    /// Makes the container and starts it, with these descriptors as its standard output and error.
    ///
    /// - Throws: ``LinuxError/toolFailed(tool:status:output:)`` with the runtime's own words.
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
    func start(_ id: String) throws(LinuxError) { try call(["start", id]) }

    /// Removes what is left of the container; one that is not there is fine.
    func delete(_ id: String) throws(LinuxError) { try call(["delete", "--force", id]) }

    private func call(_ arguments: [String], descriptors: [(ours: Int32, theirs: Int32)] = []) throws(LinuxError) {
        let tool = ChildProcess(
            choice.path, common + arguments, timeout: SandboxLimits.runtimeTimeout, descriptors: descriptors)
        let outcome = try tool.outcome()
        guard outcome.status == .exited(0) else {
            let words = [Files.lineIfPresent(logPath) ?? "", outcome.errorLine].filter { !$0.isEmpty }
            let text = words.joined(separator: "; ").suffix(LinuxLimits.toolErrorBytesMax)
            throw .toolFailed(tool: choice.kind.rawValue, status: outcome.status.code, output: String(text))
        }
    }

    private var common: [String] {
        switch choice.kind {
        case .crun: ["--root", paths.runtimeState, "--cgroup-manager=cgroupfs", "--log", "file:\(logPath)"]
        case .runc: ["--root", paths.runtimeState, "--log", logPath]
        }
    }
}
