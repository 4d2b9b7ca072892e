import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// Copies the job's output into the log and keeps its limits, until its first process is gone and all was read.
    func attend(_ output: borrowing FileDescriptor, _ error: borrowing FileDescriptor) throws(LinuxError) {
        var open: [(number: Int32, stream: JobLog.Stream)] = [(output.number, .output), (error.number, .error)]
        var drainUntil: UInt64?
        var lookAt: UInt64 = 0
        while status == nil || !open.isEmpty {
            // Every writer died with the job's process namespace, so after its end there is only what is in the pipe.
            if let drainUntil, BootClock.now() >= drainUntil { return }
            var items = open.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            items.append(pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0))
            try wait(&items, until: lookAt)
            for (item, source) in zip(items, open) where item.revents != 0 {
                if try log.copy(from: source.number, source.stream) == 0 {
                    open.removeAll { $0.number == source.number }
                }
            }
            try handleSignals()
            // A job that writes all the time is looked at no more often than another.
            if status == nil, BootClock.now() >= min(lookAt, nextDeed) {
                lookAt = BootClock.now() + tick
                try keepLimits()
            }
            if status != nil, drainUntil == nil {
                drainUntil = BootClock.now() + SandboxLimits.supervisorTick.wholeNanoseconds
            }
        }
    }

    private var tick: UInt64 {
        (plan.place.layout.isUnified ? SandboxLimits.supervisorTick : SandboxLimits.oomTick).wholeNanoseconds
    }

    /// When the job has to be told something, on the boot clock.
    private var nextDeed: UInt64 { min(ending == nil ? deadline ?? .max : .max, killAt ?? .max) }

    private func wait(_ items: inout [pollfd], until lookAt: UInt64) throws(LinuxError) {
        let now = BootClock.now()
        let next = min(status == nil ? lookAt : now + tick, nextDeed)
        let milliseconds = next > now ? (next - now + 999_999) / 1_000_000 : 0
        if poll(&items, nfds_t(items.count), Int32(clamping: milliseconds)) < 0, errno != EINTR {
            throw .systemCall(operation: "poll", object: "job \(plan.spec.id)", errno: errno)
        }
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
