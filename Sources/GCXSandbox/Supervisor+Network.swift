import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// The network of a job, as far as this process holds it.
    struct Connection: ~Copyable {
        /// Keeps the counters until they are read: otherwise they would go with the job's last process.
        private let namespace: NetworkNamespace
        private let plan: NetworkPlan
        private let host: HostNetwork
        private let lock: FileDescriptor

        /// Makes the link. From here on the interface is ours, and whoever comes after us takes it down.
        ///
        /// - Parameter lock: the lock's file, whose path our own mounts hide.
        init(
            _ plan: NetworkPlan, to pid: pid_t, lock: consuming FileDescriptor, scratch: String
        ) throws(LinuxError) {
            let host = HostNetwork(lockPath: "/proc/self/fd/\(lock.number)")
            let namespace = try NetworkNamespace(of: pid)
            try host.makeLink(plan, of: pid, scratch: scratch)
            self.namespace = namespace
            self.lock = lock
            (self.plan, self.host) = (plan, host)
        }

        func open(scratch: String) throws(LinuxError) { try host.connect(plan, to: namespace, scratch: scratch) }

        consuming func disconnect() throws(LinuxError) { try host.disconnect(plan.interface) }
    }

    /// Makes the container, connects it, and starts it.
    mutating func runConnected(
        _ network: NetworkPlan, lock: consuming FileDescriptor, output: Int32, error: Int32
    ) throws(LinuxError) {
        try runtime.create(plan.spec.id, output: output, error: error)
        let pid = try readInitPID()
        connection = try Connection(network, to: pid, lock: lock, scratch: paths.root)
        record.interface = network.interface
        try JSONFile.writeVolatile(record, to: directory.supervisor)
        try connection?.open(scratch: paths.root)
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
    mutating func disconnect() {
        do { try connection.take()?.disconnect() } catch {
            Self.complain("network not taken down: \(error.description)", of: plan.spec.id)
        }
    }
}
