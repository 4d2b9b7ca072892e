import GCXHardware
import GCXLinux
import GCXModel
import GCXWire
import Glibc

/// The room that leases can be sold on the disk of the state directory.
struct StorageForSale: Equatable, Sendable {
    /// What is free, and what the jobs of leases have taken of what they were sold.
    var bytes: UInt64
    /// Whether the directory lies in memory: what is sold of it is then memory that cannot be sold again.
    var isMemory: Bool

    static func read(_ context: KeeperContext) throws(AgentError) -> StorageForSale {
        let taken = try context.room.takenByJobs()
        do throws(LinuxError) {
            let directory = context.settings.stateDirectory
            let descriptor = try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
            let ground = StorageResolver.live().ground(ofDescriptor: descriptor.number)
            return StorageForSale(
                bytes: try Disk.freeBytes(at: directory).saturatingSum(taken), isMemory: ground.kind == .memory)
        } catch {
            throw .storage(Untrusted(error.description))
        }
    }
}
