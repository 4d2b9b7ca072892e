package import GCXLinux
package import GCXModel
import Glibc

/// Runs jobs with an OCI runtime, each under a supervisor process of its own.
package struct OCIRuntimeDriver: Sendable {
    package let jobsPath: String
    let templatesPath: String
    /// Shared by whoever is about to use an image, exclusive to whoever removes some.
    let imagesLock: String
    package let images: ImageStore
    package let supervisorPath: String
    package let runtime: RuntimeChoice
    package let group: CgroupPlace
    let ids = IDRegistry()
    let devices: CDIRegistry
    /// Nil gives no job a network.
    package let network: NetworkPolicy?
    /// Where logs lie that outlive their jobs.
    let historyPath: String
    /// The group that may read what a job leaves; nil for nobody else.
    let readersGroup: UInt32?

    /// - Parameters:
    ///   - state: the agent's own directory; jobs and images get one each in it, closed to everybody else.
    ///   - supervisorPath: the program `gcx-supervisor`.
    ///   - preferred: nil takes the best runtime that is installed.
    ///   - images: which images may run, and what they may take.
    ///   - devices: the files that describe what devices need.
    ///   - network: what the owner decided about networks; nil gives no job one.
    ///   - readers: the group that may read a job's plan, end, log and output, and nothing else.
    ///   - base: the agent's delegated group in a v2 tree; nil means the group this process is in.
    package init(
        state: String, supervisorPath: String, preferred: RuntimeChoice.Kind? = nil, base: String? = nil,
        images settings: ImageSettings = ImageSettings(), devices: CDIRegistry = CDIRegistry(),
        network: NetworkPolicy? = nil, readers: UInt32? = nil
    ) throws(SandboxError) {
        self.devices = devices
        readersGroup = readers
        let jobs = "\(state)/jobs"
        jobsPath = jobs
        templatesPath = "\(state)/templates"
        historyPath = "\(state)/history"
        imagesLock = "\(state)/images.lock"
        self.supervisorPath = supervisorPath
        self.network = network
        runtime = try RuntimeChoice.detect(preferred: preferred)
        do {
            images = try ImageStore(
                root: "\(state)/images", settings: settings, unpacker: try .located(beside: supervisorPath)
            ) { Self.imagesInUse(by: jobs) }
        } catch {
            throw .image(error)
        }
        do {
            for path in [jobsPath, historyPath] {
                try Files.makeDirectories(path, mode: 0o700)
                if let readers { try Files.share(path, with: readers, mode: 0o750) }
            }
            group = try CgroupPlace.forJobs(base: base)
        } catch {
            throw .linux(error)
        }
    }

    /// Unpacks an image ahead of time, so that a later start is quick.
    package func prepare(_ image: ImageSource) throws(SandboxError) {
        let lock = try useImages()
        defer { _ = lock.number }
        do throws(ImageError) { _ = try images.hold(image) } catch { throw .image(error) }
    }

    package func pruneImages() throws(SandboxError) {
        let alone = try sandboxed { () throws(LinuxError) in try FileLock.take(imagesLock) }
        do throws(ImageError) {
            if let alone {
                defer { _ = alone.number }
                try images.sweep()
                return try images.makeRoom()
            }
            try images.makeRoom()
        } catch { throw .image(error) }
    }

    /// Images of jobs that have not ended; nil when a job's plan cannot be read, because nobody knows its image then.
    static func imagesInUse(by jobs: String) -> Set<String>? {
        guard let names = try? Files.names(in: jobs) else { return nil }
        var used: Set<String> = []
        for job in names.map({ JobDirectory(jobs: jobs, id: $0) }) where Files.exists(job.plan) {
            guard let plan = try? job.readPlan() else { return nil }
            if let digest = plan.imageDigest, !Files.exists(job.exit) { used.insert(digest) }
        }
        return used
    }

    private func useImages() throws(SandboxError) -> FileLock {
        try sandboxed { () throws(LinuxError) in
            try FileLock.wait(imagesLock, shared: true, timeout: SandboxLimits.startTimeout)
        }
    }

    /// Starts a job and answers when its first instruction has run. On an error nothing of it is left.
    ///
    /// - Parameter stop: ends the preparation of the image soon after it is raised; a job that runs is not ended by it.
    package func start(_ spec: JobSpec, stop: StopFlag? = nil) throws(SandboxError) -> JobDirectory {
        try start(spec, nil, stop: stop)
    }

    /// - Parameter sent: what was sent for it, which takes the place of the specification's image and input.
    func start(_ spec: JobSpec, _ sent: SentFiles?, stop: StopFlag?) throws(SandboxError) -> JobDirectory {
        try spec.validate()
        group.layout.prepareMove()
        try NetworkPolicy.check(spec.network ?? .none, by: network)
        // Until the plan names the image, nothing else keeps it from being removed.
        let lock = try useImages()
        defer { _ = lock.number }
        let job = JobDirectory(jobs: jobsPath, id: spec.id)
        guard !Files.exists(job.plan) else { throw .jobExists(id: spec.id) }
        let run = Unpacker.Run(place: try readers(for: job, within: spec.resources), stop: stop)
        var begun = try reading(for: job) { () throws(SandboxError) in try prepare(spec, sent, for: job, run: run) }
        try makeDirectory(job, id: spec.id)
        do throws(SandboxError) {
            try begun.move(into: job)
            try checkDisk(begun.spec, job)
            let plan = try writePlan(begun, job)
            try launch(plan, job)
            return job
        } catch {
            _ = try? endRemains(of: job)
            try? discard(job, group: place(of: spec.id))
            throw error
        }
    }

    /// What can be done before there is a job: its image and its input are brought here, and its process is settled.
    private func prepare(
        _ spec: JobSpec, _ sent: SentFiles?, for job: JobDirectory, run: Unpacker.Run
    ) throws(SandboxError) -> BegunStart {
        var spec = spec
        // Beside the images, where what a crash leaves is swept away.
        let staging: TemporaryDirectory
        do { staging = try images.stage() } catch { throw .image(error) }
        if let sent { try unpack(sent, for: job, to: SentFolder(path: staging.path), into: &spec, run: run) }
        do throws(ImageError) {
            // A pull that lasts longer than the job may is of no use.
            let time = Duration.seconds(Int64(clamping: spec.wallSecondsMax))
            let image =
                if let archive = sent?.archive {
                    try images.hold(archive.file, label: SentKind.image.label, tag: archive.tag, run: run)
                } else {
                    try images.hold(spec.image, within: time, run: run)
                }
            // What devices bring lies over the image; whether they are all there is asked again below.
            let brought = spec.devices.isEmpty ? [] : (try? devices.edits(for: spec.devices))?.mounts ?? []
            let process = try ProcessSpec.merge(
                spec, over: image.entry, by: images.unpacker, mounts: brought.map(\.containerPath), run: run)
            return BegunStart(spec: spec, process: process, image: image, staging: staging)
        } catch { throw .image(error) }
    }

    /// The group in which whoever reads what was sent for a job is counted and bounded, made with the job's limits before
    /// there is a job; the same again changes nothing. It goes with `wipe`.
    ///
    /// - Returns: nil where jobs have no group.
    package func readers(for job: JobDirectory, within resources: JobResources) throws(SandboxError) -> CgroupPlace? {
        try resources.validate()
        let place = place(of: job.id)
        do throws(LinuxError) {
            try readings.note(job.id)
            try place.cgroup.create(resources.cgroupLimits)
        } catch {
            giveUpReading(job)
            throw .linux(error)
        }
        return place
    }

    /// Nothing runs before the plan is written, so a directory without one is what a crash left of a start.
    private func makeDirectory(_ job: JobDirectory, id: String) throws(SandboxError) {
        if Files.exists(job.path), !Files.exists(job.plan) {
            try sandboxed { () throws(LinuxError) in try Files.removeTree(job.path) }
        }
        guard unsafe mkdir(job.path, 0o700) == 0 else {
            if errno == EEXIST { throw .jobExists(id: id) }
            throw .linux(.systemCall(operation: "mkdir", object: job.path, errno: errno))
        }
        // What is made in it belongs to the same group.
        if let group = readersGroup {
            try sandboxed { () throws(LinuxError) in try Files.share(job.path, with: group, mode: 0o2750) }
        }
    }

    /// A step before there is a job: when it fails, nothing is there yet but the group.
    func reading<T: ~Copyable>(
        for job: JobDirectory, _ body: () throws(SandboxError) -> T
    ) throws(SandboxError) -> T {
        do { return try body() } catch {
            giveUpReading(job)
            throw error
        }
    }

    /// Before there is a job, nothing of it stays.
    private func giveUpReading(_ job: JobDirectory) {
        guard !Files.exists(job.path), (try? place(of: job.id).cgroup.remove()) != nil else { return }
        readings.forget(job.id)
    }

    var readings: ReadingMarks { ReadingMarks(path: "\(jobsPath)/.reading") }

    func place(of id: String) -> CgroupPlace {
        CgroupPlace(layout: group.layout, group: "\(group.group)/\(id)")
    }

    private func checkDisk(_ spec: JobSpec, _ job: JobDirectory) throws(SandboxError) {
        let free = try sandboxed { () throws(LinuxError) in try Disk.freeBytes(at: job.path) }
        let needed = spec.resources.writableBytes.saturatingSum(spec.logBytesMax).saturatingSum(
            SandboxLimits.diskReserveBytes)
        guard free >= needed else { throw .diskFull(path: job.path, freeBytes: free, neededBytes: needed) }
    }

    /// Takes an id range and writes the plan, under a lock: two starts at once never get the same range.
    private func writePlan(_ begun: borrowing BegunStart, _ job: JobDirectory) throws(SandboxError) -> JobPlan {
        let (spec, process, entry) = (begun.spec, begun.process, begun.entry)
        let lock = try sandboxed { () throws(LinuxError) in
            try FileLock.wait("\(jobsPath)/.slots.lock", timeout: SandboxLimits.startTimeout)
        }
        defer { _ = lock.number }
        let template = try sandboxed { () throws(LinuxError) in
            try ScratchTemplates(root: templatesPath).path(bytes: spec.resources.writableBytes)
        }
        let boot = try sandboxed { () throws(LinuxError) in try BootID.read() }
        let files = try sandboxed { () throws(LinuxError) in
            min(SandboxLimits.openFilesMax, try ResourceLimits.most(.openFiles))
        }
        let kernel = try sandboxed { () throws(LinuxError) in
            NamespaceLimits(
                pendingSignals: SandboxLimits.pendingSignalsMax, queueBytes: SandboxLimits.queueBytesMax,
                lockedBytes: spec.resources.memoryBytes
            ).capped(by: try .own())
        }
        let map = try freeIDs(for: job)
        let plan = JobPlan(
            spec: spec, process: process, imageRoot: entry.rootfs, imageDigest: entry.digest, scratchTemplate: template,
            ids: map, runtime: runtime, place: place(of: spec.id), openFilesMax: files,
            kernelLimits: kernel,
            inheritsLimits: runtime.kind == .runc && !ProcessTable.mayExceedLimits,
            devices: spec.devices.isEmpty ? nil : try devices.edits(for: spec.devices),
            appArmorProfile: AppArmor.loadedProfile(), bootID: boot, network: try networkPlan(spec, map))
        try sandboxed { () throws(LinuxError) in try JSONFile.write(plan, to: job.plan) }
        return plan
    }

    /// The lowest id range that no job of this machine has.
    private func freeIDs(for job: JobDirectory) throws(SandboxError) -> IDMap {
        // After a restart of the machine the registry is empty, and jobs of before have not been wiped yet.
        var taken: Set<UInt32> = []
        for other in try jobs() {
            if let plan = try? other.readPlan() { taken.insert(plan.ids.base) }
        }
        return try ids.take(for: job, in: place(of: job.id), besides: taken)
    }

    /// Starts the supervisor with the job's lock already in its hands, and waits for its word.
    private func launch(_ plan: JobPlan, _ job: JobDirectory) throws(SandboxError) {
        let starting = try spawn(job)
        // From here on it is found again by its record, also by the next agent.
        if starting.saysItRuns { return starting.supervisor.leave() }
        starting.supervisor.signal(SIGKILL)
        starting.supervisor.wait()
        if let exit = try job.readExit() {
            guard case .hostFailure(let reason) = exit.reason else { return }
            throw .startFailed(id: plan.spec.id, reason: reason.shown)
        }
        let said = Files.lineIfPresent(job.supervisorLog) ?? ""
        throw .startFailed(id: plan.spec.id, reason: "the supervisor ended without a word; \(said)")
    }

    /// A supervisor that was started, and where it says that its job runs.
    private struct Starting: ~Copyable {
        let supervisor: Child
        let ready: FileDescriptor

        /// Waits for its word; false when it ended without one, or none came in time.
        var saysItRuns: Bool {
            var item = pollfd(fd: ready.number, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
            let limit = SandboxLimits.startTimeout.wholeNanoseconds / 1_000_000
            guard unsafe poll(&item, 1, Int32(clamping: limit)) > 0 else { return false }
            var byte: UInt8 = 0
            return unsafe Glibc.read(ready.number, &byte, 1) == 1 && byte == OCIRuntimeDriver.runningWord
        }
    }

    private func spawn(_ job: JobDirectory) throws(SandboxError) -> Starting {
        do {
            guard let lock = try FileLock.take(job.lock) else { throw SandboxError.jobExists(id: job.path) }
            let pipe = try Pipe()
            let tool = ChildProcess(
                supervisorPath, [job.path],
                descriptors: [
                    (lock.number, Supervisor.lockDescriptor), (pipe.write.number, Supervisor.readyDescriptor),
                ])
            let supervisor = try tool.startDetached(logPath: job.supervisorLog)
            return Starting(supervisor: supervisor, ready: pipe.closeWriter())
        } catch let error as LinuxError {
            throw .linux(error)
        } catch let error as SandboxError {
            throw error
        } catch {
            throw .startFailed(id: job.path, reason: ForeignError.words(error))
        }
    }

    /// What the supervisor writes when the job runs.
    package static let runningWord: UInt8 = UInt8(ascii: "R")
}
