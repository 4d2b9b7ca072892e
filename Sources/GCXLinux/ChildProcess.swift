import CLinux
import GCXModel
import Glibc

/// A tool run as a child: arguments as a list, an environment of its own, a time limit and a bound on its output.
package struct ChildProcess: Sendable {
    package var tool: String
    package var arguments: [String]
    /// The whole environment of the child; nothing of ours reaches it unless it stands here.
    package var environment: [String: String]
    package var workingDirectory: String?
    package var timeout: Duration
    package var outputBytesMax: Int
    /// What is kept of standard error, bytes from its beginning; nil holds it to ``outputBytesMax`` as standard output.
    package var errorBytesKept: Int?
    /// Descriptors of ours and their numbers in the child; all others are closed.
    package var descriptors: [(ours: Int32, theirs: Int32)]

    /// What a tool needs to be found and to answer in English.
    package static let plainEnvironment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
    ]

    package init(
        _ tool: String, _ arguments: [String], environment: [String: String] = plainEnvironment,
        workingDirectory: String? = nil, timeout: Duration = .seconds(60),
        outputBytesMax: Int = LinuxLimits.toolOutputBytesMax, descriptors: [(ours: Int32, theirs: Int32)] = []
    ) {
        self.tool = tool
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.timeout = timeout
        self.outputBytesMax = outputBytesMax
        self.descriptors = descriptors
    }

    /// How a tool ended and what it wrote.
    package struct Outcome: Sendable {
        package var status: WaitStatus
        package var output: [UInt8]
        package var error: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }
        /// The end of standard error, on one line, for an error message.
        package var errorLine: String {
            let tail = error.suffix(LinuxLimits.toolErrorBytesMax)
            return String(decoding: tail, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
        }
    }

    /// Runs the tool to its end and answers whatever its status was. The calling thread waits.
    ///
    /// - Parameter watch: asked about every ``LinuxLimits/toolWatchInterval`` while the tool runs; an error it throws ends the tool and comes back.
    /// - Throws: ``LinuxError/timedOut(operation:object:after:)`` or ``LinuxError/outputTooLarge(tool:limitBytes:)``,
    ///   after the tool and its process group were killed and collected.
    package func outcome(watch: () throws(LinuxError) -> Void = { () throws(LinuxError) in }) throws(LinuxError)
        -> Outcome
    {
        let output = try Pipe()
        let error = try Pipe()
        let nowhere = try FileDescriptor.open("/dev/null", O_RDWR)
        let streams = [(nowhere.number, Int32(0)), (output.write.number, 1), (error.write.number, 2)]
        // bounded: joins lists
        let child = try spawn(descriptors: streams.map { (ours: $0.0, theirs: $0.1) } + descriptors, newSession: false)
        let outputReader = output.closeWriter()
        let errorReader = error.closeWriter()
        return try collect(child, outputReader, errorReader, watch)
    }

    /// Runs the tool and answers its standard output; any status but 0 is an error.
    @discardableResult
    package func run() throws(LinuxError) -> String {
        let outcome = try outcome()
        guard outcome.status == .exited(0) else {
            throw .toolFailed(tool: tool, status: outcome.status.code, output: outcome.errorLine)
        }
        return outcome.text
    }

    /// Starts the tool in a session of its own and answers at once. It outlives this process when it is left.
    ///
    /// Standard input is empty; output goes to `logPath`, or nowhere.
    package func startDetached(logPath: String? = nil) throws(LinuxError) -> Child {
        let input = try FileDescriptor.open("/dev/null", O_RDONLY)
        let output = try FileDescriptor.open(logPath ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND)
        let streams = [(ours: input.number, theirs: Int32(0)), (output.number, 1), (output.number, 2)]
        return try spawn(descriptors: streams + descriptors, newSession: true)  // bounded: joins lists
    }

    /// A child that is given up on is killed with its group, and collected, before the error comes back.
    private func collect(
        _ child: consuming Child, _ output: borrowing FileDescriptor, _ error: borrowing FileDescriptor,
        _ watch: () throws(LinuxError) -> Void
    ) throws(LinuxError) -> Outcome {
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        var content: [[UInt8]] = [[], []]
        var open = [output.number, error.number]
        var chunk = [UInt8](repeating: 0, count: 65536)
        while open.contains(where: { $0 >= 0 }) {
            // bounded here: the deadline is ahead, asked first; two streams, and no more is read than the chunk holds
            let now = BootClock.now()
            if now >= deadline { throw .timedOut(operation: "run", object: tool, after: timeout) }
            var items = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let pause = min(LinuxLimits.toolWatchInterval.wholeNanoseconds, deadline - now)
            try posix("poll", tool) { unsafe poll(&items, 2, Int32(pause / 1_000_000 + 1)) }
            try watch()
            for index in 0..<2 where items[index].revents != 0 {
                let number = open[index]
                let count = try posix("read", tool) {
                    unsafe chunk.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, $0.count) }
                }
                if count == 0 { open[index] = -1 }
                content[index] += chunk[..<count]
                if index == 1, let errorBytesKept {
                    content[1] = Array(content[1].prefix(errorBytesKept))
                } else if content[index].count > outputBytesMax {
                    throw .outputTooLarge(tool: tool, limitBytes: outputBytesMax)
                }
            }
        }
        // bounded: two streams
        return Outcome(status: try end(of: child, deadline, watch), output: content[0], error: content[1])
    }

    /// The status of a child that closed its output, which may still run.
    private func end(
        of child: consuming Child, _ deadline: UInt64, _ watch: () throws(LinuxError) -> Void
    ) throws(LinuxError) -> WaitStatus {
        guard let handle = try PidFD.open(child.pid) else { return child.wait() }
        while true {
            let now = BootClock.now()
            guard now < deadline else { throw .timedOut(operation: "run", object: tool, after: timeout) }
            // bounded: the deadline is ahead, asked first
            let pause = min(LinuxLimits.toolWatchInterval.wholeNanoseconds, deadline - now)
            if try handle.waitForExit(timeout: .nanoseconds(Int64(clamping: pause))) { return child.wait() }
            try watch()
        }
    }
}

/// Both ends of a pipe, closed on exec.
package struct Pipe: ~Copyable {
    package let read: FileDescriptor
    package let write: FileDescriptor

    package init() throws(LinuxError) {
        var numbers: [Int32] = [-1, -1]
        try linux("pipe", "new pipe") { unsafe gcx_pipe(&numbers) }
        read = FileDescriptor(owning: numbers[0])  // bounded: pipe(2) gives two
        write = FileDescriptor(owning: numbers[1])  // bounded: pipe(2) gives two
    }

    /// Asks for more room, in bytes; a kernel that gives less is fine.
    ///
    /// Source: fcntl(2), F_SETPIPE_SZ.
    package func widen(to bytes: Int32) { _ = gcx_set_pipe_size(write.number, bytes) }

    /// Closes the writing end and hands out the reading end.
    package consuming func closeWriter() -> FileDescriptor { read }
}
