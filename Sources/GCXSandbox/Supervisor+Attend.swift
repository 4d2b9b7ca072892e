import GCXJobLog
import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// Copies the job's output into the log and keeps its limits, until its first process is gone and all was read.
    mutating func attend(_ output: borrowing FileDescriptor, _ error: borrowing FileDescriptor) throws(LinuxError) {
        var open: [(number: Int32, stream: JobLog.Stream)] = [(output.number, .output), (error.number, .error)]
        var drainUntil: UInt64?
        var lookAt: UInt64 = 0
        var pace = LogPace(
            bytesPerSecond: min(SandboxLimits.logBytesPerSecond, plan.spec.resources.ioBytesPerSecond ?? .max),
            burst: SandboxLimits.logBurstBytes, now: BootClock.now())
        while status == nil || !open.isEmpty {
            // Every writer died with the job's process namespace, so after its end there is only what is in the pipe.
            if let drainUntil, BootClock.now() >= drainUntil { return }
            let now = BootClock.now()
            // What an ended job has left in the pipes is little.
            let mayTake = status != nil || pace.mayTake(at: now)
            // A descriptor below zero is not looked at.
            // bounded here: constants of the kernel, and spans of ours after a clock's nanoseconds since the start
            var items = open.map { pollfd(fd: mayTake ? $0.number : -1, events: Int16(POLLIN), revents: 0) }
            items.append(pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0))
            let pauseEnd = mayTake ? UInt64.max : now + SandboxLimits.logPause.wholeNanoseconds
            try wait(&items, until: min(lookAt, pauseEnd))
            for (item, source) in zip(items, open) where item.revents != 0 {
                let bytes = try copy(from: source.number, source.stream)
                pace.take(bytes)
                if log.offset > SandboxLimits.logFreeBytes { try becomeHelper() }
                if bytes == 0 { open.removeAll { $0.number == source.number } }
            }
            try handleSignals()
            // A job that writes all the time is looked at no more often than another.
            if status == nil, BootClock.now() >= min(lookAt, nextDeed) {
                lookAt = BootClock.now() + SandboxLimits.supervisorTick.wholeNanoseconds
                try keepLimits()
            }
            if status != nil, drainUntil == nil {
                drainUntil = BootClock.now() + SandboxLimits.drainTimeout.wholeNanoseconds
            }
        }
    }

    /// Keeps what came. What a runtime says in the place of the program comes first or not at all, and is said as ours.
    private mutating func copy(from number: Int32, _ stream: JobLog.Stream) throws(LinuxError) -> Int {
        guard !hasOutput else { return try unsafe log.copy(from: number, stream) }
        var found: ProgramFailure?
        let program = plan.process.arguments.first ?? ""
        let count = try unsafe log.copy(from: number, stream) { bytes in
            guard stream == .error else { return nil }
            found = unsafe RuntimeWords.failure(inOutput: bytes, program: program)
            return found.map { Array("gcx: \($0.words)\n".utf8) }
        }
        (hasOutput, execFailure) = (count > 0, found)
        return count
    }

    /// When the job has to be told something, on the boot clock.
    private var nextDeed: UInt64 { min(ending == nil ? deadline ?? .max : .max, killAt ?? .max) }

    private func wait(_ items: inout [pollfd], until lookAt: UInt64) throws(LinuxError) {
        // bounded here: a span of ours after a clock's nanoseconds since the start; the smaller from the larger
        let now = BootClock.now()
        let next = min(status == nil ? lookAt : now + SandboxLimits.supervisorTick.wholeNanoseconds, nextDeed)
        let milliseconds = next > now ? (next - now + 999_999) / 1_000_000 : 0
        if unsafe poll(&items, nfds_t(items.count), Int32(clamping: milliseconds)) < 0, errno != EINTR {
            throw .systemCall(operation: "poll", object: "job \(plan.spec.id)", errno: errno)
        }
    }

    private mutating func handleSignals() throws(LinuxError) {
        var isAsked = false
        while let signal = signals.next() { if signal != SIGCHLD { isAsked = true } }
        while let child = Children.reap() { if child.pid == initPID { status = child.status } }
        if isAsked, status == nil { try stopAsAsked(signalled: true) }
    }

    /// When the wall time of the lease is over.
    private var deadline: UInt64? {
        // bounded: `wallSecondsMax` has 31 bits (`JobSpec.validate`), and the clock counts since the start
        startedAt.map { $0 + Nanoseconds.of(seconds: plan.spec.wallSecondsMax) }
    }

    /// Whatever may end a job before it ends by itself.
    private mutating func keepLimits() throws(LinuxError) {
        let now = BootClock.now()
        if let killAt, now >= killAt { return try killNow() }
        // A request is obeyed although its signal was lost: the file is looked for at every tick.
        if ending == nil, Files.exists(directory.stop) { try stopAsAsked(signalled: false) }
        if ending == nil, let deadline, now >= deadline { try end(.timeLimit, grace: SandboxLimits.stopGraceDefault) }
        // On v2 the kernel ends the whole group; on v1 it ends one process, and the rest is ended here.
        if ending == nil, !plan.place.layout.isUnified, let kills = cgroup.oomKills(), kills > 0 {
            try end(.outOfMemory, grace: .zero)
        }
        if ending == nil, let initPID { try boundSockets(of: initPID) }
    }

    /// Ends a job whose netlink sockets hold more than it may have outside its control group.
    private mutating func boundSockets(of pid: pid_t) throws(LinuxError) {
        guard let held = NetlinkSockets.of(pid) else { return }
        let (bytes, most) = (held.bytes, SandboxLimits.netlinkBytesMax)
        guard bytes > most else { return }
        try log.write(
            .sandbox,
            Array(
                "gcx: its netlink sockets hold \(NumberText.count(bytes, "byte")), more than \(NumberText.count(most))\n"
                    .utf8))
        try end(.outOfMemory, grace: .zero)
    }

    private mutating func stopAsAsked(signalled: Bool) throws(LinuxError) {
        if let request = try JSONFile.read(StopRequest.self, from: directory.stop) {
            return try end(request.reason, grace: .milliseconds(Int64(clamping: request.graceMilliseconds)))
        }
        // A signal without a request comes from whoever runs the machine.
        if signalled { try end(.cancelled(by: .owner), grace: SandboxLimits.stopGraceDefault) }
    }

    /// Begins to end the job. A second request may shorten the grace, but not change the reason.
    private mutating func end(_ reason: ExitReason, grace: Duration) throws(LinuxError) {
        let now = BootClock.now()
        let isFirst = ending == nil
        ending = ending ?? reason
        killAt = min(killAt ?? .max, now.saturatingSum(grace.wholeNanoseconds))
        if grace == .zero { return try killNow() }
        guard isFirst else { return }
        try cgroup.thaw()
        if try !askPolitely() { try killNow() }
    }

    /// Sends the signal that the image names, or SIGTERM; false when no process of the job has a handler for it, so that waiting would be in vain.
    ///
    /// The first process is signalled alone when it listens. The kernel keeps a signal from a first process without
    /// a handler, so then all the others are asked.
    private func askPolitely() throws(LinuxError) -> Bool {
        let signal = plan.process.stopSignal ?? SIGTERM
        if let initPID, ProcessTable.catches(signal, initPID) {
            kill(initPID, signal)
            return true
        }
        let others = try cgroup.processes()
        let listening = others.filter { ProcessTable.catches(signal, $0) }
        for pid in others { kill(pid, signal) }
        return !listening.isEmpty
    }

    private mutating func killNow() throws(LinuxError) {
        try cgroup.killAll()
        // bounded: a constant after a clock's nanoseconds since the start
        killAt = BootClock.now() + SandboxLimits.killTimeout.wholeNanoseconds
    }
}
