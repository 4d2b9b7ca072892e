package import GCXLinux
package import GCXModel

/// What a job is to be, by whoever may not do it himself: every field is a value with bounds, and none names a place on this
/// machine. What was sent for the job goes with it as open files; see ``JobFiles``.
package struct JobOrder: Codable, Equatable, Sendable {
    package var name: JobName
    package var image: OrderedImage
    /// Program and arguments; empty means the image's own entry point and command.
    package var command: [String]
    /// Added to the image's environment; the same name replaces.
    package var environment: [String: String]
    /// A folder of the image; nil means the image's own, or `/`.
    package var workingDirectory: String?
    package var resources: JobResources
    /// Seconds on the boot clock after which the job is ended with `ExitReason.timeLimit`.
    package var wallSecondsMax: UInt64
    package var logBytesMax: UInt64
    package var logKeep: LogKeep
    /// Bytes of the archive that the output is packed into; nil sets no limit but the disk.
    package var outputBytesMax: UInt64?
    /// Devices by their CDI names.
    package var devices: [String]
    /// Nil means none.
    package var network: JobNetwork?
    /// What a root filesystem that was sent, and an input, may come to when they are unpacked, bytes.
    package var rootfsBytesMax: UInt64
    package var inputBytesMax: UInt64
    /// What of the disk may be written for it now, as far as whoever orders knows; more is not unpacked.
    package var roomBytes: UInt64

    package init(
        name: JobName, image: OrderedImage, command: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, resources: JobResources, wallSecondsMax: UInt64,
        logBytesMax: UInt64 = 16 << 20, logKeep: LogKeep = .end, outputBytesMax: UInt64? = nil,
        devices: [String] = [], network: JobNetwork? = nil, rootfsBytesMax: UInt64 = .max, inputBytesMax: UInt64 = .max,
        roomBytes: UInt64 = .max
    ) {
        self.name = name
        self.image = image
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.resources = resources
        self.wallSecondsMax = wallSecondsMax
        self.logBytesMax = logBytesMax
        self.logKeep = logKeep
        self.outputBytesMax = outputBytesMax
        self.devices = devices
        self.network = network
        self.rootfsBytesMax = rootfsBytesMax
        self.inputBytesMax = inputBytesMax
        self.roomBytes = roomBytes
    }
}

/// Where a job's root filesystem comes from.
package enum OrderedImage: Codable, Equatable, Sendable {
    /// The file that was sent is a tar archive of an OCI image layout; the tag may be left out when it holds one image.
    case archive(tag: String?)
    /// The file that was sent is a tar archive of a root filesystem.
    case rootFilesystem
    /// An image in a registry, by its digest; the owner's ``ImagePolicy`` says which may be pulled.
    case registry(RegistryReference)

    /// Whether a file goes with it.
    package var isSent: Bool { if case .registry = self { false } else { true } }
}

/// What was sent for a job: archives, open for reading. Whoever gets them reads them through a child without rights.
package struct JobFiles: Sendable {
    package var image: OpenFile?
    package var input: OpenFile?

    package init(image: OpenFile? = nil, input: OpenFile? = nil) {
        self.image = image
        self.input = input
    }
}

/// What a file is that was sent for a job, always one tar.
package enum SentKind: String, Codable, Sendable {
    /// An image archive, or a root filesystem.
    case image
    case input

    /// As what it is looked through. What becomes of an image is not known yet; a root filesystem may hold the most.
    package var rules: ArchiveRules { self == .input ? .input : .rootFilesystem }
    /// As errors call it.
    package var label: String { "the uploaded \(rawValue)" }
}

/// Within what something that was sent is read, on the bill of its job.
package struct ReadingBounds: Codable, Equatable, Sendable {
    /// Those of the job: its group is made with them before there is a job.
    package var resources: JobResources
    /// What the files in it may come to.
    package var bytesMax: UInt64
    /// The longest that it may take.
    package var seconds: UInt64

    package init(resources: JobResources, bytesMax: UInt64, seconds: UInt64) {
        self.resources = resources
        self.bytesMax = bytesMax
        self.seconds = seconds
    }
}
