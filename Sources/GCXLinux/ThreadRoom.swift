import Glibc

/// Whether the kernel gives this process the threads that it is about to need.
///
/// Nobody asks before using tasks or queues, and nobody is told: when the kernel refuses it a thread, the dispatch library
/// that runs them sleeps a second and tries again, for ever. So a program asks once, before its first `await`.
///
/// Source: libdispatch, `_dispatch_root_queue_poke_slow` and `_dispatch_temporary_resource_shortage`; pthread_create(3),
/// EAGAIN.
package enum ThreadRoom {
    /// What a program needs for its tasks: a thread of the dispatch library and an event loop of the network for each
    /// processor, one more that watches timers and descriptors, and one to spare.
    package static var ofThisMachine: Int {
        // bounded here: a constant of the C library; `taskThreadsMax` at most
        let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        return min(processors, LinuxLimits.taskThreadsMax) * 2 + 2
    }

    /// Starts `count` threads, all alive at once, and ends them again. About 20 µs each.
    ///
    /// - Throws: ``LinuxError/noThreads(wanted:got:errno:)`` when the kernel refuses one of them.
    package static func require(_ count: Int) throws(LinuxError) {
        let gate = try Pipe()
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, LinuxLimits.waitingThreadStackBytes)
        var threads: [pthread_t] = []
        var refusal: Int32 = 0
        while threads.count < count, refusal == 0 {
            var thread = pthread_t()
            // bounded: a descriptor has 20 bits
            let descriptor = unsafe UnsafeMutableRawPointer(bitPattern: Int(gate.read.number) + 1)
            refusal = unsafe pthread_create(&thread, &attributes, Self.waitAtGate, descriptor)
            if refusal == 0 { threads.append(thread) }
        }
        // Each of them waits for one byte.
        let bytes = [UInt8](repeating: 0, count: max(1, threads.count))
        _ = unsafe write(gate.write.number, bytes, threads.count)
        for thread in threads { pthread_join(thread, nil) }
        guard refusal == 0 else { throw .noThreads(wanted: count, got: threads.count, errno: refusal) }
    }

    /// Reads one byte from the descriptor whose number plus one is the pointer: a null pointer carries nothing.
    private static let waitAtGate: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { gate in
        var byte: UInt8 = 0
        // bounded: the pointer is a descriptor, plus one
        while unsafe read(Int32(Int(bitPattern: gate) - 1), &byte, 1) < 0, errno == EINTR {}
        return nil
    }
}
