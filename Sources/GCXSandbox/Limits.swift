/// The bounds of this module.
package enum SandboxLimits {
    /// Job ids name directories, control groups and containers.
    package static let jobIDBytesMax = 64
    /// Arguments and environment together; the kernel's own limit for one string is 128 KiB.
    package static let commandBytesMax = 1 << 20
    /// Files a process of a job may raise its limit to; 1024, the old default, is what it begins with.
    package static let openFilesMax: UInt64 = 65_536
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
    /// How often the supervisor looks for a stop request whose signal was lost.
    package static let supervisorTick: Duration = .seconds(1)
    /// How often the supervisor looks for kills by the memory limit where the kernel does not end the whole group.
    package static let oomTick: Duration = .milliseconds(100)
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
    /// One read from a job's output; also the largest record of a log.
    package static let logRecordBytesMax = 64 << 10
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
    /// Users in an image's passwd file are looked up in this much of it.
    package static let passwdBytesMax = 1 << 20
    /// First host id of the first job: above the ranges that systemd gives to containers (524,288 to 1,879,048,191),
    /// so that no id of a job belongs to anybody else.
    package static let firstHostID: UInt32 = 0x7000_0000
    /// Jobs with ids of their own: 65,536 each, up to the largest id that every filesystem can store (2³¹ - 1).
    package static let jobSlotsMax: UInt32 = (0x8000_0000 - firstHostID) / 65_536
}

/// Bounds for an archive that comes from outside.
package struct TarLimits: Sendable {
    package var entriesMax: Int
    package var bytesMax: UInt64

    package init(entriesMax: Int, bytesMax: UInt64) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// An image archive: its blobs are few and large.
    package static let image = TarLimits(entriesMax: 4096, bytesMax: SandboxLimits.imageCompressedBytesMax)
    /// An upload of a buyer.
    package static let upload = TarLimits(entriesMax: 1_000_000, bytesMax: 64 << 30)
}
