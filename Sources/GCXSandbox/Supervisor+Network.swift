import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// The network of a job, as far as this process holds it.
    final class Connection {
        /// Keeps the counters until they are read: otherwise they would go with the job's last process.
        let namespace: NetworkNamespace
        let host: HostNetwork
        private let lock: FileDescriptor

        /// - Parameter lock: the lock's file, whose path our own mounts hide.
        init(_ namespace: consuming NetworkNamespace, lock: consuming FileDescriptor) {
            host = HostNetwork(lockPath: "/proc/self/fd/\(lock.number)")
            self.namespace = namespace
            self.lock = lock
        }
    }

    /// Makes the container, connects it, and starts it.
    func runConnected(
        _ network: NetworkPlan, lock: consuming FileDescriptor, output: Int32, error: Int32
    ) throws(LinuxError) {
        try runtime.create(plan.spec.id, output: output, error: error)
        let pid = try readInitPID()
        let made = Connection(try NetworkNamespace(of: pid), lock: lock)
        try made.host.makeLink(network, of: pid, scratch: paths.root)
        // From here on the interface is ours, and whoever comes after us takes it down.
        connection = made
        record.interface = network.interface
        try JSONFile.writeVolatile(record, to: directory.supervisor)
        try made.host.connect(network, to: made.namespace, scratch: paths.root)
        try runtime.start(plan.spec.id)
    }

    /// The lock of the machine's network rules; opened before this process hides the place where it lies.
    func openNetworkLock() throws(LinuxError) -> FileDescriptor {
        try Files.makeDirectory(paths.root, mode: 0o755)
        return try FileDescriptor.open(HostNetwork().lockPath, O_RDWR | O_CREAT)
    }

    /// The last values of the counters, once nothing of the job runs.
    func networkBytes() -> (sent: UInt64, received: UInt64)? {
        connection == nil ? nil : plan.network.flatMap { HostNetwork.bytes($0) }
    }

    /// Takes interface and rules down, when there are any.
    func disconnect() {
        guard let network = plan.network, let connection else { return }
        do {
            try connection.host.disconnect(network.interface)
        } catch {
            complain("network not taken down: \(error.description)")
        }
        self.connection = nil
    }
}
