import GCXLinux
import GCXModel
import GCXWire

/// The right to work on a state directory, which one agent has at a time.
///
/// Two of them would both start, meter and remove the jobs that they find, and both write to one database. The kernel
/// takes the right from a process that ends, however it ends.
final class StateLock: Sendable {
    private let lock: FileLock

    /// - Throws: `AgentError.stateUnusable` when another agent has it.
    init(_ directory: String) throws(AgentError) {
        let path = "\(directory)/agent.lock"
        let held: FileLock?
        do { held = try FileLock.takePrivate(path) } catch { throw .storage(Untrusted(error.description)) }
        guard let held else {
            throw .stateUnusable(
                "another agent works on \(directory)",
                remedy: "Stop that one first, or give this one another agent.state_directory.")
        }
        lock = held
    }
}
