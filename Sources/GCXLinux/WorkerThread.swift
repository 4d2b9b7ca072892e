import Glibc

/// A thread for work that waits: for a child, a disk or a peer.
package enum WorkerThread {
    /// Runs `body` on a thread of its own, which ends with it.
    ///
    /// Source: pthread_create(3). Cost: some ten microseconds.
    /// - Throws: ``LinuxError/systemCall(operation:object:errno:)`` with `EAGAIN` where there can be no more threads.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(LinuxError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        // bounded: a constant of the C library
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, &attributes,
            { raw in
                if let raw = unsafe raw { unsafe Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            unsafe work.release()
            throw .systemCall(operation: "pthread_create", object: "new thread", errno: code)
        }
    }

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
