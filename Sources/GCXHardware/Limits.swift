/// Every bound of the module. What happens at it stands beside the use.
package enum HardwareLimits {
    /// A probe of a large server takes under two seconds; ten times that is a hang, not a slow machine.
    package static let probeTimeout: Duration = .seconds(20)
    /// The inventory of a machine with 1024 PUs and 500 PCI functions is about 1 MiB.
    package static let probeOutputBytesMax = 16 << 20
    /// Enough of what a dying probe said to name the reason.
    package static let probeErrorTextBytesMax = 4096
    /// What of a rubbish document goes into the message.
    package static let probeExcerptBytesMax = 120
    /// A second run tells an accident from a fault; a third tells nothing more.
    package static let probeAttemptsMax = 2

    /// `/proc/cpuinfo` of 1024 PUs is about 2 MiB, the largest text that is read.
    package static let systemFileBytesMax = 8 << 20
    /// A machine folder holds a few hundred files; a thousand times a thousand lines is another kind of file.
    package static let machineFolderLinesMax = 100_000

    /// Filesystems and devices on each other: the kernel stacks two overlays, and a disk that is encrypted, mirrored, sliced and
    /// cached has six layers. What is deeper is unknown.
    package static let storageLayersMax = 16
    /// Layers that one look down may visit in all: an array of a hundred disks with some layers each.
    package static let storageLooksMax = 512
    /// Devices side by side that are named; the others are counted.
    package static let storageNamesMax = 4
    /// Bytes of one name of a device or a filesystem in what people read.
    package static let storageNameBytesMax = 64

    /// Two sources of the memory size agree within 2 %: the kernel's own share is counted by some and not by others.
    package static let memoryTolerancePerMille: UInt64 = 20
    /// Memory blocks count what firmware and crash kernels keep: they disagree only beyond 10 %.
    package static let memoryBlocksTolerancePerMille: UInt64 = 100
    /// A clock above the highest one allowed by more than 5 % is another clock.
    package static let clockTolerancePerMille: UInt64 = 50
}
