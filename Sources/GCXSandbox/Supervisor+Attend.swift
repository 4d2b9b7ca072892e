import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// Copies the job's output into the log and keeps its limits, until its first process is gone and all was read.
    func attend(_ output: borrowing FileDescriptor, _ error: borrowing FileDescriptor) throws(LinuxError) {
        var open: [(number: Int32, stream: JobLog.Stream)] = [(output.number, .output), (error.number, .error)]
        var buffer = [UInt8](repeating: 0, count: SandboxLimits.logRecordBytesMax)
        var drainUntil: UInt64?
        while status == nil || !open.isEmpty {
            // Every writer died with the job's process namespace, so after its end there is only what is in the pipe.
            if let drainUntil, BootClock.now() >= drainUntil { return }
            var items = open.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            items.append(pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0))
            try wait(&items)
            for (item, source) in zip(items, open) where item.revents != 0 {
                if try copy(source.number, source.stream, &buffer) == 0 {
                    open.removeAll { $0.number == source.number }
                }
            }
            try handleSignals()
            if status == nil { try keepLimits() }
            if status != nil, drainUntil == nil {
                drainUntil = BootClock.now() + SandboxLimits.supervisorTick.wholeNanoseconds
            }
        }
    }

    private func wait(_ items: inout [pollfd]) throws(LinuxError) {
        let now = BootClock.now()
        let tick = plan.place.layout.isUnified ? SandboxLimits.supervisorTick : SandboxLimits.oomTick
        var next = now + tick.wholeNanoseconds
        if let deadline, ending == nil { next = min(next, deadline) }
        if let killAt { next = min(next, killAt) }
        let milliseconds = next > now ? (next - now + 999_999) / 1_000_000 : 0
        if poll(&items, nfds_t(items.count), Int32(clamping: milliseconds)) < 0, errno != EINTR {
            throw .systemCall(operation: "poll", object: "job \(plan.spec.id)", errno: errno)
        }
    }

    private func copy(_ number: Int32, _ stream: JobLog.Stream, _ buffer: inout [UInt8]) throws(LinuxError) -> Int {
        let count = buffer.withUnsafeMutableBytes { read(number, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { return 1 }
        guard count >= 0 else { throw .systemCall(operation: "read", object: "output of the job", errno: errno) }
        if count > 0 { try log.write(stream, buffer[..<count]) }
        return count
    }

    private func handleSignals() throws(LinuxError) {
        var isAsked = false
        while let signal = signals.next() { if signal != SIGCHLD { isAsked = true } }
        while let child = Children.reap() { if child.pid == initPID { status = child.status } }
        if isAsked, status == nil { try stopAsAsked(signalled: true) }
    }

    /// When the wall time of the lease is over.
    private var deadline: UInt64? {
        startedAt.map { $0 + plan.spec.wallSecondsMax * 1_000_000_000 }
    }

    /// Whatever may end a job before it ends by itself.
    private func keepLimits() throws(LinuxError) {
        let now = BootClock.now()
        if let killAt, now >= killAt { return try killNow() }
        // A request is obeyed although its signal was lost: the file is looked for at every tick.
        if ending == nil, Files.exists(directory.stop) { try stopAsAsked(signalled: false) }
        if ending == nil, let deadline, now >= deadline { try end(.timeLimit, grace: SandboxLimits.stopGraceDefault) }
        // On v2 the kernel ends the whole group; on v1 it ends one process, and the rest is ended here.
        if ending == nil, !plan.place.layout.isUnified, let kills = cgroup.oomKills(), kills > 0 {
            try end(.outOfMemory, grace: .zero)
        }
    }

    private func stopAsAsked(signalled: Bool) throws(LinuxError) {
        if let request = try JSONFile.read(StopRequest.self, from: directory.stop) {
            return try end(request.reason, grace: .milliseconds(Int64(clamping: request.graceMilliseconds)))
        }
        // A signal without a request comes from whoever runs the machine.
        if signalled { try end(.cancelled(by: .owner), grace: SandboxLimits.stopGraceDefault) }
    }

    /// Begins to end the job. A second request may shorten the grace, but not change the reason.
    private func end(_ reason: ExitReason, grace: Duration) throws(LinuxError) {
        let now = BootClock.now()
        let isFirst = ending == nil
        ending = ending ?? reason
        killAt = min(killAt ?? .max, now + grace.wholeNanoseconds)
        if grace == .zero { return try killNow() }
        guard isFirst else { return }
        try cgroup.thaw()
        if try !askPolitely() { try killNow() }
    }

    /// Sends SIGTERM; false when no process of the job has a handler for it, so that waiting would be in vain.
    ///
    /// The first process is signalled alone when it listens. The kernel keeps SIGTERM from a first process without
    /// a handler, so then all the others are asked.
    private func askPolitely() throws(LinuxError) -> Bool {
        if let initPID, ProcessTable.catches(SIGTERM, initPID) {
            kill(initPID, SIGTERM)
            return true
        }
        let others = try cgroup.processes()
        let listening = others.filter { ProcessTable.catches(SIGTERM, $0) }
        for pid in others { kill(pid, SIGTERM) }
        return !listening.isEmpty
    }

    private func killNow() throws(LinuxError) {
        try cgroup.killAll()
        killAt = BootClock.now() + SandboxLimits.killTimeout.wholeNanoseconds
    }
}
