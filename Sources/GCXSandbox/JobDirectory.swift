package import GCXLinux
package import GCXModel

/// The directory of one job: everything the agent and the supervisor know about it is a file in here.
package struct JobDirectory: Codable, Equatable, Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The directory of the job `id` below the agent's directory of jobs.
    package init(jobs: String, id: String) { path = "\(jobs)/\(id)" }

    package init(jobs: String, name: JobName) { self.init(jobs: jobs, id: name.text) }

    /// The job's name.
    package var id: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// What is to be run, settled; written before anything runs.
    package var plan: String { "\(path)/plan.json" }
    /// The OCI configuration as it was given to the runtime.
    package var bundle: String { "\(path)/config.json" }
    /// Held by the supervisor while it lives.
    package var lock: String { "\(path)/supervisor.lock" }
    package var supervisor: String { "\(path)/supervisor.json" }
    /// Standard output and standard error of the job, a directory; see `JobLog`.
    package var log: String { "\(path)/log" }
    /// A request to end the job, written before the supervisor is signalled.
    package var stop: String { "\(path)/stop.json" }
    /// How the job ended; the last file the supervisor writes about it.
    package var exit: String { "\(path)/exit.json" }
    /// The filesystem of the writable layer: a file with holes.
    package var scratch: String { "\(path)/scratch.img" }
    /// What the job left in `/output`, as a tar archive; missing when it left nothing.
    package var output: String { "\(path)/output.tar" }
    /// What was sent for the job, unpacked: closed to all but root, for it may hold set-uid files.
    var sent: SentFolder { SentFolder(path: "\(path)/sent") }
    package var supervisorLog: String { "\(path)/supervisor.log" }
    package var runtimeLog: String { "\(path)/runtime.log" }

    /// What was planned.
    ///
    /// - Throws: ``SandboxError/noJob(path:)`` when there is no job in the directory.
    package func readPlan() throws(SandboxError) -> JobPlan {
        guard let plan = try read(JobPlan.self, plan) else { throw .noJob(path: path) }
        return plan
    }

    /// What of the job is reached from outside; empty when there is no such job.
    package var published: [PublishedPort] { (try? readPlan().network?.published) ?? [] }

    /// The job's end, or nil while it has none.
    package func readExit() throws(SandboxError) -> JobExit? { try read(JobExit.self, exit) }

    func read<T: Decodable>(_ type: T.Type, _ file: String) throws(SandboxError) -> T? {
        do {
            return try JSONFile.read(type, from: file)
        } catch .malformed(let object, let reason) {
            throw .corrupt(path: object, reason: reason)
        } catch {
            throw .linux(error)
        }
    }
}

/// Where lies what was sent for a job, once it is unpacked.
struct SentFolder {
    let path: String

    var rootfs: String { "\(path)/rootfs" }
    var input: String { "\(path)/input" }
}

/// Everything the supervisor needs to run a job, on one sheet.
package struct JobPlan: Codable, Equatable, Sendable {
    package var spec: JobSpec
    package var process: ProcessSpec
    /// The unpacked image, or the root filesystem directory.
    package var imageRoot: String
    package var imageDigest: String?
    /// An empty filesystem of the right size, to be copied as the writable layer.
    package var scratchTemplate: String
    package var ids: IDMap
    package var runtime: RuntimeChoice
    package var place: CgroupPlace
    /// What the job may raise its limit of open files to: never more than the agent itself has.
    package var openFilesMax: UInt64
    /// What the kernel counts to the job's user; nil in plans from before there was such a user.
    package var kernelLimits: NamespaceLimits? = nil
    /// Whether the job's processes get their limits from the supervisor, because the runtime could not set them.
    package var inheritsLimits: Bool? = nil
    /// What the devices of the job want in its bundle; nil without devices.
    package var devices: CDIEdits? = nil
    /// The AppArmor profile of the job; nil where the machine has none for it.
    package var appArmorProfile: String? = nil
    /// The boot in which the job was planned; in another boot it cannot be running.
    package var bootID: String
    /// Nil for a job without a network.
    package var network: NetworkPlan?
}

/// The supervisor's own paths. They lie in a mount namespace that nobody else sees, so all jobs use the same ones.
package struct SandboxPaths: Sendable {
    package let root: String

    package init(root: String = "/run/gcx-sandbox") { self.root = root }

    package var bundle: String { "\(root)/bundle" }
    package var runtimeState: String { "\(root)/state" }
    /// The job's user namespace, made before the container is.
    package var userNamespace: String { "\(root)/user" }
    package var pidFile: String { "\(root)/pid" }
    /// The image with its owners shifted, read-only.
    package var image: String { "\(root)/image" }
    /// The writable layer's filesystem.
    package var scratch: String { "\(root)/scratch" }
    package var upper: String { "\(scratch)/upper" }
    package var work: String { "\(scratch)/work" }
    package var temporary: String { "\(scratch)/tmp" }
    package var output: String { "\(scratch)/output" }
    /// The image with the writable layer over it.
    package var rootfs: String { "\(root)/rootfs" }
    package var input: String { "\(root)/input" }
    /// The input where it lies, with its owners shifted.
    package var inputSource: String { "\(root)/input-source" }
    package var empty: String { "\(root)/empty" }
    /// The nodes of the job's devices.
    package var devices: String { "\(root)/devices" }
    func device(_ index: Int) -> String { "\(devices)/\(index)" }
}

/// Which process supervises a job: a pid with the moment of its birth, so that it cannot be mistaken.
package struct SupervisorRecord: Codable, Equatable, Sendable {
    package var pid: Int32
    package var startTicks: UInt64
    package var bootID: String
    /// The job's first process, once there is one.
    package var initPID: Int32?
    package var startedBootNanoseconds: UInt64?
    /// The inode of its mount namespace, in which the runtime works as well; nil before it has one.
    package var mountNamespace: UInt64? = nil
    /// The machine's end of the job's network, once it is there.
    package var interface: String?
}

/// A request to end a job before it ends by itself.
package struct StopRequest: Codable, Equatable, Sendable {
    /// `ExitReason.budget`, `ExitReason.timeLimit` or `ExitReason.cancelled`: it becomes the job's end.
    package var reason: ExitReason
    /// From SIGTERM to SIGKILL; 0 kills at once and does not even wake a paused job.
    package var graceMilliseconds: UInt64

    package init(reason: ExitReason, graceMilliseconds: UInt64 = 10_000) {
        self.reason = reason
        self.graceMilliseconds = graceMilliseconds
    }
}
