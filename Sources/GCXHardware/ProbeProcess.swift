import GCXLinux
import GCXModel
import Glibc

/// Runs a program to its end under a time and an output limit, and never leaves anything of it behind.
///
/// The child leads a process group of its own, so that what it started ends with it; it gets an empty standard input, no
/// other descriptor of ours, and an environment in which no variable can lead a library astray.
struct ProbeProcess {
    let executable: String
    let arguments: [String]
    let timeout: Duration
    let outputBytesMax: Int
    /// Asked every ``HardwareLimits/probeCancelPollInterval``; once it is true the program is ended with all that it started.
    var isCancelled: @Sendable () -> Bool = { false }

    /// What a program that exited by itself left.
    struct Outcome {
        let exit: Int32
        let output: [UInt8]
        let errorText: String
    }

    /// HWLOC_* and OPENBLAS_* in the caller's environment would change what is found (seen: a pinned core type).
    static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/"]

    /// Blocks its thread up to the timeout.
    ///
    /// - Throws: ``ProbeError/launchFailed(path:errno:)``, `crashed`, `timedOut`, `tooMuchOutput` or `cancelled`.
    func run() throws(ProbeError) -> Outcome {
        // bounded: a timeout of ours, minutes at most
        let deadline = ContinuousClock.now + timeout
        let output = try Pipe(for: executable)
        let errors = try Pipe(for: executable)
        let child = try spawn(output: output.writeEnd, errors: errors.writeEnd)
        output.closeWriteEnd()
        errors.closeWriteEnd()
        do {
            let (text, said) = try collect(output.readEnd, errors.readEnd, until: deadline)
            return try outcome(of: try wait(for: child, until: deadline), text, said)
        } catch {
            end(child)
            throw error
        }
    }

    /// Reads both pipes until each is closed by everyone who holds it.
    private func collect(
        _ output: Int32, _ errors: Int32, until deadline: ContinuousClock.Instant
    ) throws(ProbeError) -> (output: [UInt8], errorText: String) {
        // bounded here: two streams, and what was collected of each
        var streams = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
        var collected: [[UInt8]] = [[], []]
        while streams.contains(where: { $0.fd >= 0 }) {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut(after: timeout) }
            guard !isCancelled() else { throw .cancelled }
            let pause = min(left, HardwareLimits.probeCancelPollInterval)
            guard unsafe poll(&streams, 2, milliseconds(pause)) > 0 else { continue }
            for index in streams.indices where streams[index].fd >= 0 && streams[index].revents != 0 {
                if !readSome(from: streams[index].fd, into: &collected[index]) { streams[index].fd = -1 }
            }
            guard collected[0].count <= outputBytesMax else { throw .tooMuchOutput(bytesMax: outputBytesMax) }
            // A program that complains without end is heard to the limit; the pipe must still be drained.
            collected[1] = Array(collected[1].prefix(HardwareLimits.probeErrorTextBytesMax))
        }
        return (collected[0], trimmed(String(decoding: collected[1], as: UTF8.self)))
    }

    /// Rounded up, so that a poll never ends just before the deadline and spins.
    private func milliseconds(_ duration: Duration) -> Int32 {
        Int32(
            // bounded: a timeout of ours, minutes at most
            clamping: duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// False at the end of the stream.
    private func readSome(from descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        bytes.append(contentsOf: chunk.prefix(count))
        return true
    }

    /// The wait status of a child that has closed its pipes and so is about to exit, or is hiding.
    private func wait(for child: pid_t, until deadline: ContinuousClock.Instant) throws(ProbeError) -> Int32 {
        var status: Int32 = 0
        while true {
            let ended = unsafe waitpid(child, &status, WNOHANG)
            if ended == child { return status }
            guard ended == 0 || errno == EINTR, ContinuousClock.now < deadline else { throw .timedOut(after: timeout) }
            guard !isCancelled() else { throw .cancelled }
            pause(for: HardwareLimits.probeExitPollInterval)
        }
    }

    private func outcome(of status: Int32, _ output: [UInt8], _ errorText: String) throws(ProbeError) -> Outcome {
        let signal = status & 0x7F
        guard signal == 0 else { throw .crashed(signal: signal, stderr: errorText) }
        return Outcome(exit: (status >> 8) & 0xFF, output: output, errorText: errorText)
    }

    /// Ends the whole group and reaps the leader. Until it is reaped its number cannot name a stranger; after a crash it is
    /// reaped already, and both calls find nothing.
    private func end(_ child: pid_t) {
        var status: Int32 = 0
        guard unsafe waitpid(child, &status, WNOHANG) == 0 else { return }
        kill(-child, SIGKILL)
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
    }
}

// Starting it.
extension ProbeProcess {
    private func spawn(output: Int32, errors: Int32) throws(ProbeError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        // glibc's addclosefrom_np is out of sight of Swift; a descriptor opened after this list is close-on-exec anyway.
        for inherited in SystemRoot.live.names(in: "proc/self/fd").compactMap({ Int32($0, radix: 10) })
        where inherited > STDERR_FILENO {
            unsafe posix_spawn_file_actions_addclose(&actions, inherited)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        setUp(&attributes)
        var child: pid_t = 0
        let code = unsafe withCStrings([executable] + arguments) { arguments in
            unsafe withCStrings(Self.environment) { environment in
                unsafe posix_spawn(&child, executable, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw .launchFailed(path: executable, errno: code) }
        return child
    }

    /// A group of its own, no blocked and no ignored signals: a service blocks SIGTERM in its threads.
    private func setUp(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(
            // bounded: constants of the C library, below 2^8
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    private func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }
}

/// A pipe whose ends close with it. It is a pair of sockets because those are born close-on-exec in one call; with `pipe` a
/// child that another thread starts meanwhile would keep our stream open.
private final class Pipe {
    let readEnd: Int32
    private(set) var writeEnd: Int32

    init(for executable: String) throws(ProbeError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)  // bounded: constants of the kernel
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .launchFailed(path: executable, errno: errno)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])  // bounded: socketpair(2) gives two
    }

    func closeWriteEnd() {
        close(writeEnd)
        writeEnd = -1
    }

    deinit {
        close(readEnd)
        if writeEnd >= 0 { close(writeEnd) }
    }
}
