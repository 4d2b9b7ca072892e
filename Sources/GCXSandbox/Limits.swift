/// The bounds of this module.
package enum SandboxLimits {
    /// Job ids name directories, control groups and containers.
    package static let jobIDBytesMax = 64
    /// Arguments and environment together.
    package static let commandBytesMax = 1 << 20
    /// One argument or variable with its end; the kernel's own limit (MAX_ARG_STRLEN).
    package static let argumentBytesMax = 128 << 10
    /// Files a process of a job may raise its limit to; 1024, the old default, is what it begins with.
    package static let openFilesMax: UInt64 = 65_536
    /// Signals and timers of a job that may wait at once: a tenth of what the kernel gives a user on a machine of 16 GiB,
    /// and each takes about 400 bytes of the job's memory.
    package static let pendingSignalsMax: UInt64 = 16_384
    /// Bytes of POSIX message queues that a job may have; the kernel's default for a user.
    package static let queueBytesMax: UInt64 = 819_200
    /// Terminals that a job may open. The machine has 4,096 (kernel.pty.max); each may hold 1.3 MiB of what nobody has
    /// read, which counts to no control group.
    package static let terminalsMax = 16
    /// What the kernel may hold for the netlink sockets of a job, bytes; it counts to no control group, so a job that has
    /// more is ended. A list of a thousand addresses has 100 KiB.
    package static let netlinkBytesMax: UInt64 = 16 << 20
    /// v1 counts what waits in UDP and TCP sockets apart from memory: an eighth of the job's memory, within these bounds.
    /// The least is four connections at the kernel's largest default window.
    package static let socketBytesMin: UInt64 = 8 << 20
    package static let socketBytesMax: UInt64 = 64 << 20
    /// Smallest writable layer that ext4 can be made in with room for a file.
    package static let writableBytesMin: UInt64 = 16 << 20
    /// Smallest memory in which both runtimes can start a process (runc's own init needs about 8 MiB).
    package static let memoryBytesMin: UInt64 = 16 << 20
    /// Fewest tasks with which both runtimes start; runc's init has several threads.
    package static let pidsMin: UInt64 = 16
    /// Empty filesystems kept for the next job, one per size; beyond, all are made anew.
    package static let scratchTemplatesMax = 64
    /// Room left on the disk of the job directory after the writable layer and the output archive are full.
    package static let diskReserveBytes: UInt64 = 256 << 20
    /// Most time from the start of the supervisor to the job's first instruction.
    package static let startTimeout: Duration = .seconds(60)
    /// Most time a call of the OCI runtime may take; less than `startTimeout`.
    package static let runtimeTimeout: Duration = .seconds(30)
    /// What a job may do after SIGTERM when whoever ends it names no grace.
    package static let stopGraceDefault: Duration = .seconds(10)
    /// What is left in the pipes after the end of a job is read for so long.
    package static let drainTimeout: Duration = .seconds(1)
    /// How often the supervisor looks whether a job has to be ended: for a stop request whose signal was lost, for kills
    /// by the memory limit where the kernel does not end the whole group, and for memory that no group counts. A core
    /// was seen to fill netlink sockets with 85 MB in that time.
    package static let supervisorTick: Duration = .milliseconds(100)
    /// Most time a killed job may take to vanish; longer means a task stuck in the kernel.
    package static let killTimeout: Duration = .seconds(20)
    /// Most time a call of `ip`, `tc` or `nft` may take; each was seen to take about 4 ms.
    package static let networkToolTimeout: Duration = .seconds(10)
    /// Most time another job may hold the network rules: a handful of calls.
    package static let networkLockTimeout: Duration = .seconds(20)
    /// Ports that one job may publish.
    package static let portsPublishedMax = 16
    /// Largest and smallest packets of a job's interface: that of Ethernet, and the least that IPv4 hosts all take.
    package static let mtuMax: UInt64 = 1500
    package static let mtuMin: UInt64 = 576
    /// Most time the output may take to pack.
    package static let packTimeout: Duration = .seconds(600)
    /// Bytes of a job's output that its supervisor writes a second, and how many at once before that. It is more than a
    /// program says that is read by people, and a tenth of what a disk was seen to take.
    package static let logBytesPerSecond: UInt64 = 64 << 20
    package static let logBurstBytes: UInt64 = 64 << 20
    /// Bytes of a log from which on writing it counts to the job: below, it costs a supervisor a millisecond.
    package static let logFreeBytes: UInt64 = 256 << 10
    /// How long output waits in its pipe when it comes faster; the pipe is full again before.
    package static let logPause: Duration = .milliseconds(10)
    /// Room of a pipe between a job and its supervisor: what root may have by default (fs.pipe-max-size), so that the
    /// job writes on while the supervisor does.
    package static let outputPipeBytes: Int32 = 1 << 20
    /// An image's manifest, index or configuration; registries refuse more than 4 MiB too.
    package static let imageDocumentBytesMax = 4 << 20
    /// Layers of an image; overlayfs and registries stop at 127.
    package static let imageLayersMax = 127
    /// All layers of an image, compressed.
    package static let imageCompressedBytesMax: UInt64 = 64 << 30
    /// Disk that one image may take when unpacked.
    package static let imageUnpackedBytesMax: UInt64 = 128 << 30
    /// Most time an image may take to unpack.
    package static let unpackTimeout: Duration = .seconds(1800)
    /// A file that describes devices; one for eight GPUs with all their libraries has about 100 KiB.
    package static let cdiBytesMax = 4 << 20
    /// Disk that all unpacked images may take together, with what was pulled of the next.
    package static let imageStoreBytesMax: UInt64 = 256 << 30
    /// Most time a pull may take, all tries together: 8 GiB at 5 MB/s.
    package static let pullTimeout: Duration = .seconds(1800)
    /// Most time a registry may take to answer with a document of a few kilobytes.
    package static let registryAnswerTimeout: Duration = .seconds(60)
    /// Most time that a buyer's side waits for each of a registry's documents: the agent asks for them all the same.
    package static let registryLookTimeout: Duration = .seconds(10)
    /// A pull that brings nothing for so long is ended and tried again.
    package static let pullStallTimeout: Duration = .seconds(60)
    /// Times that a step of a pull is tried while the network fails; the layers that are there are not fetched again.
    package static let pullTriesMax = 5
    /// Pause after the first failure of the network; it doubles. Five tries are spread over 15 s: a registry's restart.
    package static let pullPause: Duration = .seconds(1)
    /// What a tool may write beside the layers that a manifest declares.
    package static let pullSlackBytes: UInt64 = 16 << 20
    /// What was pulled of an image is kept so long for somebody to go on, seconds: a buyer tries again on the same day.
    package static let partialKeepSeconds: UInt64 = 86_400
    /// Part of what skopeo says that goes into an error.
    package static let pullReasonBytesMax = 400
    /// Address space of the process that reads archives: zstd may want a window of 128 MiB, and a million entries are
    /// remembered in a few dozen.
    package static let readerBytesMax: UInt64 = 1 << 30
    /// Descriptors of that process: an image's layers, and the levels of a tree that is packed.
    package static let readerFilesMax: UInt64 = 1024
    /// What that process may write as its report.
    package static let reportBytesMax = 256 << 10
    /// Longest path in an archive; the kernel takes no longer one.
    package static let entryPathBytesMax = 4095
    /// Levels of directories in an archive: deeper trees cannot be walked with one descriptor a level.
    package static let entryDepthMax = 256
    /// Entries of an image or input that was sent for a job.
    package static let sentEntriesMax = 1_000_000
    /// Logs kept of jobs that made way for the next of their name, each for a look back; together they take no more of the
    /// disk than one log may.
    package static let earlierLogsMax = 64
    /// Entries of an image's layers, together.
    package static let imageEntriesMax = 1_000_000
    /// What the headers of an archive may take, an entry: names and pax records; more is a way to burn a processor.
    package static let entryHeaderBytesMax: UInt64 = 64 << 10
    /// Characters of a stranger's name that an error shows, and names that are shown of those left out.
    package static let entryNameShownMax = 200
    package static let leftOutShownMax = 20
    /// A user of an image with its group, by names or numbers; the kernel's own tools stop at 32 bytes a name.
    package static let userNameBytesMax = 256
    /// Groups that a job's user may be a member of; the image of a whole distribution names root in about fifteen.
    package static let groupsMax = 256
    /// Links that are followed on the way to a program, as the kernel does (MAXSYMLINKS).
    package static let linksMax = 40
    /// Scripts that interpret each other, as the kernel goes on (fs/exec.c, `exec_binprm`).
    package static let interpretersMax = 5
    /// What the kernel reads of a program to know what it is (BINPRM_BUF_SIZE).
    package static let programHeadBytes = 256
    /// The list of folders in which a program is looked for; longer ones are left to the runtime.
    package static let searchPathBytesMax = 32 << 10
    /// Users in an image's passwd file are looked up in this much of it.
    package static let passwdBytesMax = 1 << 20
    /// First host id of the first job: above the ranges that systemd gives to containers (524,288 to 1,879,048,191),
    /// so that no id of a job belongs to anybody else.
    package static let firstHostID: UInt32 = 0x7000_0000
    /// Jobs with ids of their own: 65,536 each, up to the largest id that every filesystem can store (2³¹ - 1).
    package static let jobSlotsMax: UInt32 = (filesHostID - firstHostID) / 65_536  // bounded: of constants
    /// The last 65,536 of them belong to no job: files of images and inputs are theirs, and who unpacks them.
    package static let filesHostID: UInt32 = 0x8000_0000 - 65_536
}
