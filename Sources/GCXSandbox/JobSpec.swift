package import GCXLinux
package import GCXModel

/// A job as it is run. Paths are on this machine's disk, and of its owner's or our own choosing: see ``JobOrder``.
package struct JobSpec: Codable, Equatable, Sendable {
    /// Names the job's directory, control group and container: lower-case letters, digits and hyphens.
    package var id: String
    package var image: ImageSource
    /// Program and arguments; empty means the image's own entry point and command.
    package var command: [String]
    /// Added to the image's environment; the same name replaces.
    package var environment: [String: String]
    /// Nil means the image's own, or `/`.
    package var workingDirectory: String?
    package var resources: JobResources
    /// Shown read-only at `/input`.
    package var inputDirectory: String?
    /// Seconds on the boot clock after which the job is ended with `ExitReason.timeLimit`.
    package var wallSecondsMax: UInt64
    /// Bytes that the log of standard output and standard error may take, records' headers and all.
    package var logBytesMax: UInt64
    /// What is kept of more than that.
    package var logKeep: LogKeep
    /// True lets the job write everywhere, into its writable layer; false leaves it `/tmp` and `/output`.
    package var writableRoot: Bool
    /// Bytes of the archive that the output is packed into; a larger one is not kept. Nil sets no limit but the disk.
    package var outputBytesMax: UInt64?
    /// Devices by their CDI names, `vendor.com/class=name`; the caller sees to it that nobody else has them.
    package var devices: [String] = []
    /// Nil means none.
    package var network: JobNetwork?

    package init(
        id: String, image: ImageSource, command: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, resources: JobResources, inputDirectory: String? = nil,
        wallSecondsMax: UInt64, logBytesMax: UInt64 = 16 << 20, logKeep: LogKeep = .end, writableRoot: Bool = false,
        network: JobNetwork? = nil
    ) {
        self.id = id
        self.image = image
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.resources = resources
        self.inputDirectory = inputDirectory
        self.wallSecondsMax = wallSecondsMax
        self.logBytesMax = logBytesMax
        self.logKeep = logKeep
        self.writableRoot = writableRoot
        self.network = network
    }

    /// Checks everything that can be checked without looking at the disk.
    ///
    /// - Throws: ``SandboxError/invalidSpec(field:reason:)`` for the first field that is wrong.
    package func validate() throws(SandboxError) {
        _ = try JobName(id)
        try resources.validate()
        guard wallSecondsMax > 0, wallSecondsMax <= UInt64(Int32.max) else {  // bounded: a constant
            throw .invalidSpec(field: "wallSecondsMax", reason: "must be 1 to \(Int32.max)")
        }
        // bounded here: joins lists; the specification is in memory
        let strings = command + environment.flatMap { [$0.key, $0.value] } + [workingDirectory ?? "/"]
        guard !strings.contains(where: { $0.utf8.contains(0) }) else {
            throw .invalidSpec(field: "command", reason: "a zero byte cannot be passed to a program")
        }
        guard strings.reduce(0, { $0 + $1.utf8.count }) <= SandboxLimits.commandBytesMax else {
            throw .invalidSpec(
                field: "command", reason: "longer than \(NumberText.count(SandboxLimits.commandBytesMax, "byte"))")
        }
        guard !environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) else {
            throw .invalidSpec(field: "environment", reason: "a name is empty or holds `=`")
        }
        guard workingDirectory?.hasPrefix("/") ?? true else {
            throw .invalidSpec(field: "workingDirectory", reason: "must begin with `/`")
        }
    }
}

extension JobOrder {
    /// Checks everything that can be checked without looking at the disk.
    ///
    /// - Throws: ``SandboxError/invalidSpec(field:reason:)`` for the first field that is wrong.
    package func validate() throws(SandboxError) {
        try JobSpec(self, image: .rootfs(path: "/"), input: nil).validate()
    }
}

extension JobSpec {
    /// What was ordered, with its files where they lie.
    init(_ order: JobOrder, image: ImageSource, input: String?) {
        self.init(
            id: order.name.text, image: image, command: order.command, environment: order.environment,
            workingDirectory: order.workingDirectory, resources: order.resources, inputDirectory: input,
            wallSecondsMax: order.wallSecondsMax, logBytesMax: order.logBytesMax, logKeep: order.logKeep,
            network: order.network)
        outputBytesMax = order.outputBytesMax
        devices = order.devices
    }
}

extension JobResources {
    package var cgroupLimits: CgroupLimits {
        let (least, most) = (SandboxLimits.socketBytesMin, SandboxLimits.socketBytesMax)
        return CgroupLimits(
            cores: cores, memoryBytes: memoryBytes, pids: pids, socketBytes: min(max(memoryBytes / 8, least), most),
            pus: pus)
    }

    /// The limits of each disk; none when nothing is limited.
    func ioLimits(of devices: [BlockDevice]) -> [IOLimit] {
        guard ioBytesPerSecond != nil || ioOperationsPerSecond != nil else { return [] }
        return devices.map {
            IOLimit(device: $0, bytesPerSecond: ioBytesPerSecond, operationsPerSecond: ioOperationsPerSecond)
        }
    }

    package func validate() throws(SandboxError) {
        guard (1...4096).contains(cores) else { throw .invalidSpec(field: "cores", reason: "must be 1 to 4096") }
        guard (SandboxLimits.memoryBytesMin...1 << 50).contains(memoryBytes) else {
            throw .invalidSpec(field: "memoryBytes", reason: "must be at least \(SandboxLimits.memoryBytesMin)")
        }
        guard (SandboxLimits.pidsMin...4_194_304).contains(pids) else {
            throw .invalidSpec(field: "pids", reason: "must be \(SandboxLimits.pidsMin) to 4194304")
        }
        guard (SandboxLimits.writableBytesMin...1 << 44).contains(writableBytes) else {
            throw .invalidSpec(field: "writableBytes", reason: "must be at least \(SandboxLimits.writableBytesMin)")
        }
        guard pus?.isEmpty != true, ioBytesPerSecond != 0, ioOperationsPerSecond != 0 else {
            throw .invalidSpec(field: "resources", reason: "a job with no processor or no access to a disk cannot run")
        }
    }
}

/// Where a job's root filesystem comes from.
package enum ImageSource: Codable, Equatable, Sendable {
    /// An OCI image layout; the tag may be left out when there is only one image.
    case ociLayout(path: String, tag: String?)
    /// A tar archive of an OCI image layout.
    case ociArchive(path: String, tag: String?)
    /// An image in a registry, named by its digest; the owner's ``ImagePolicy`` says which may be pulled.
    case registry(RegistryReference)
    /// A directory that is a root filesystem. It is used where it lies and must not change while the job runs.
    case rootfs(path: String)
}
