import CLinux
import Glibc

/// A network namespace that is held open: it and its interfaces stay until this value goes, whoever in it dies.
package struct NetworkNamespace: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// - Parameter path: `/proc/PID/ns/net`, or a file of `ip netns`.
    package init(_ path: String) throws(LinuxError) { file = try FileDescriptor.open(path, O_RDONLY) }

    /// The namespace of a process.
    package init(of pid: pid_t) throws(LinuxError) { try self.init("/proc/\(pid)/ns/net") }

    /// Runs `body` with the calling thread in this namespace. Children started in it are there too, and stay there.
    ///
    /// Thread rule: `body` must not leave its thread. Source: setns(2).
    package func inside<Value>(_ body: () throws(LinuxError) -> Value) throws(LinuxError) -> Value {
        let own = try FileDescriptor.open("/proc/thread-self/ns/net", O_RDONLY)
        try Self.enter(file.number)
        let result: Result<Value, LinuxError>
        do { result = .success(try body()) } catch { result = .failure(error) }
        try Self.enter(own.number)
        return try result.get()
    }

    private static func enter(_ number: Int32) throws(LinuxError) {
        try linux("setns", "network namespace") { gcx_enter_network(number) }
    }
}
