package import GCXLinux
import GCXModel
package import Glibc

/// What `gcx-unpack` is told to do: its only argument, as JSON. It comes from this program, never from a stranger.
///
/// The child gets no paths but those inside its directory. Its descriptors are, from ``firstDescriptor`` on and in this
/// order: the user namespace, the directory, the archives, the files of the control groups it is to join, and the socket
/// by which it hands files over, each only where the order says so.
/// Its report goes to standard output.
package struct UnpackOrder: Codable, Sendable {
    package enum Verb: String, Codable, Sendable {
        /// Reads an archive to its end and writes nothing.
        case inspect
        /// Makes the files of one archive below the directory.
        case unpack
        /// Lays the layers of an image, one archive each, over each other below the directory.
        case layers
        /// Writes what is below the directory into the archive.
        case pack
        /// SHA-256 of each archive, as bytes and nothing else.
        case digest
        /// What the tables of users and groups below the directory say of two names, and whether a program there can be
        /// run by them.
        case process
        /// What the tables of users in an image's layers say of a name, one archive each, the highest first.
        case layerUsers
        /// What all below the directory takes of its disk.
        case measure
        /// Opens the plain files of the names below the directory, and hands them to whoever ordered it.
        case open
        /// Tries to break out, and says what it could do.
        case tryWalls
    }

    package static let firstDescriptor: Int32 = 3

    package var verb: Verb
    package var identity: Walls.Identity
    package var parent: pid_t
    package var hasNamespace: Bool
    package var hasDirectory: Bool
    package var archives: Int
    package var groups: Int
    package var rules: ArchiveRules
    package var limits: ArchiveLimits
    /// Who is looked up in the tables of an image, by name or number.
    package var user: String? = nil
    package var group: String? = nil
    /// What is to be run; nil when nobody wants to know.
    package var program: ProgramQuery? = nil
    /// Files that are opened, in the order in which they are handed over.
    package var names: [String] = []
    package var hasSocket = false

    /// The child's numbers.
    package var namespaceDescriptor: Int32? { hasNamespace ? Self.firstDescriptor : nil }
    // bounded: of constants
    package var directoryDescriptor: Int32? { hasDirectory ? Self.firstDescriptor + (hasNamespace ? 1 : 0) : nil }
    package var archiveDescriptors: Range<Int32> {
        // bounded here: as many as the code hands over
        let first = Self.firstDescriptor + (hasNamespace ? 1 : 0) + (hasDirectory ? 1 : 0)
        return first..<(first + Int32(archives))
    }
    package var groupDescriptors: Range<Int32> {
        // bounded: as many as the code hands over
        archiveDescriptors.upperBound..<(archiveDescriptors.upperBound + Int32(groups))
    }
    package var socketDescriptor: Int32? { hasSocket ? groupDescriptors.upperBound : nil }
}

/// Which entries of an archive are made, and how. What is not made is an error, or is left out and named.
package struct ArchiveRules: Codable, Equatable, Sendable {
    package enum Links: String, Codable, Sendable {
        case none
        /// Links that can lead to nothing outside the directory, by their text alone.
        case inside
        /// Any text: the directory becomes the root of whoever follows them.
        case any
    }

    package var links: Links
    /// Owners and modes as they stand in the archive; else all belongs to the caller, and only its owner may write it.
    package var keepsOwners = false
    /// A name that begins with `/` begins at the directory, whiteouts remove, and what is in the way is replaced.
    package var isLayer = false
    /// What may not be made is left out and named, and the rest is made.
    package var leavesOut = false
    /// Files that are larger are passed over; nil makes all.
    package var fileBytesMax: UInt64? = nil

    /// A buyer's input, on the agent's machine.
    package static let input = ArchiveRules(links: .inside)
    /// A root filesystem.
    package static let rootFilesystem = ArchiveRules(links: .any)
    /// An image archive: directories and blobs.
    package static let blobs = ArchiveRules(links: .none)
    /// The output of a job: what can be carried is, on either machine.
    package static let output = ArchiveRules(links: .inside, leavesOut: true)
    /// What an image archive says of its image, without the image.
    // bounded: a limit of ours
    static let documents = ArchiveRules(links: .none, fileBytesMax: UInt64(SandboxLimits.imageDocumentBytesMax))
    static let layers = ArchiveRules(links: .any, keepsOwners: true, isLayer: true)
}

/// Bounds for an archive that comes from outside.
package struct ArchiveLimits: Codable, Equatable, Sendable {
    package var entriesMax: Int
    /// Bytes of all files, holes included; what it decompresses to is bounded by it too.
    package var bytesMax: UInt64
    /// Bytes of the archive that is written.
    package var archiveBytesMax: UInt64 = .max
    /// The longest that it may take, also of the processor.
    package var seconds: UInt64 = Nanoseconds.wholeSeconds(in: SandboxLimits.unpackTimeout.wholeNanoseconds)

    package init(entriesMax: Int, bytesMax: UInt64) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// What is said to be too large when `bytesMax` is reached.
    package static let filesSize = "the size of its files"
    package static let decompressedSize = "what it decompresses to"
    static let sizes: Set = [filesSize, decompressedSize]

    /// An image archive: its blobs are few and large.
    package static let image = ArchiveLimits(entriesMax: 4096, bytesMax: SandboxLimits.imageCompressedBytesMax)
    /// An upload of a buyer.
    package static let upload = ArchiveLimits(entriesMax: 1_000_000, bytesMax: 64 << 30)
    /// What is packed of one's own.
    package static let own = ArchiveLimits(entriesMax: 1_000_000, bytesMax: .max)
}
