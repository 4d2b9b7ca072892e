import GCXModel
import Glibc
import Testing

@testable import GCXLinux

/// A directory that goes away with the test.
final class Folder {
    let path: String
    init() throws {
        var template = Array("/tmp/gcx-linux-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LinuxError.malformed(object: "/tmp", reason: "mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    deinit { try? Files.removeTree(path) }
}

@Suite("Files that last")
struct FileTests {
    @Test("a durable write replaces the whole file and leaves no other")
    func durable() throws {
        let folder = try Folder()
        try DurableFile.write("first, which is longer".utf8, to: "\(folder.path)/f")
        try DurableFile.write("second".utf8, to: "\(folder.path)/f")
        #expect(try Files.text("\(folder.path)/f") == "second")
        #expect(try Files.names(in: folder.path) == ["f"])
        var status = stat()
        #expect(stat("\(folder.path)/f", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("many may replace one file at once: each is whole, and none is refused")
    func replacedByMany() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/f"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        try DurableFile.replace(path, with: Array(repeating: UInt8(writer), count: 1_000))
                    }
                }
            }
            try await group.waitForAll()
        }
        let bytes = try Files.bytes(path)
        #expect(bytes.count == 1_000 && Set(bytes).count == 1)
        #expect(try Files.names(in: folder.path) == ["f"])
    }

    @Test("a lock is held by one, and free when its holder is gone")
    func lock() throws {
        let folder = try Folder()
        let path = "\(folder.path)/lock"
        func hold() throws {
            let lock = try FileLock.take(path)
            #expect(try FileLock.isHeld(path))
            let second = try FileLock.take(path)
            let isFree = second != nil
            #expect(!isFree)
            _ = lock?.number
        }
        try hold()
        #expect(try !FileLock.isHeld(path))
        #expect(try !FileLock.isHeld("\(folder.path)/missing"))
    }

    @Test("a tree is removed without following its links")
    func removeTree() throws {
        let folder = try Folder()
        try Files.makeDirectories("\(folder.path)/tree/a/b")
        try DurableFile.write("keep".utf8, to: "\(folder.path)/keep")
        symlink(folder.path, "\(folder.path)/tree/a/up")
        try Files.removeTree("\(folder.path)/tree")
        #expect(try Files.names(in: folder.path) == ["keep"])
        try Files.removeTree("\(folder.path)/tree")
    }

    @Test("a tree is removed whatever its names are, and however deep it is")
    func removeStrangeTree() throws {
        let folder = try Folder()
        let script = """
            chdir shift; mkdir "tree"; chdir "tree"; mkdir "b\\xff"; open F, ">", "b\\xff/\\xfe";
            for (1..3000) { mkdir "d"; chdir "d" } open F, ">", "end"
            """
        try ChildProcess("perl", ["-e", script, folder.path]).run()
        try Files.removeTree("\(folder.path)/tree")
        #expect(try Files.names(in: folder.path).isEmpty)
    }

    @Test("a link inside a directory that is taken for the root leads nowhere else")
    func openInside() throws {
        let folder = try Folder()
        symlink("/etc/passwd", "\(folder.path)/outside")
        let root = try FileDescriptor.open(folder.path, O_RDONLY | O_DIRECTORY)
        do {
            _ = try FileDescriptor.open(inRoot: root.number, "outside")
            Issue.record("a file outside was opened")
        } catch {
            #expect(error.isNotFound)
        }
    }

    @Test("an error names operation, object and errno")
    func errors() throws {
        let error = #expect(throws: LinuxError.self) { try Files.text("/no/such/file") }
        #expect(error?.description == "open `/no/such/file`: ENOENT (No such file or directory)")
        #expect(error?.isNotFound == true)
    }
}

@Suite("Child processes")
struct ChildTests {
    @Test("output, error and status come back apart")
    func outcome() throws {
        let outcome = try ChildProcess("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"]).outcome()
        #expect(outcome.text == "out\n" && outcome.errorLine == "err" && outcome.status == .exited(3))
        let error = #expect(throws: LinuxError.self) {
            try ChildProcess("/bin/sh", ["-c", "echo why >&2; exit 2"]).run()
        }
        #expect(error == .toolFailed(tool: "/bin/sh", status: 2, output: "why"))
    }

    @Test("nothing of our environment or descriptors reaches a child")
    func scrubbed() throws {
        setenv("GCX_TEST_SECRET", "x", 1)
        let number = open("/dev/null", O_RDONLY)
        defer { close(number) }
        let text = try ChildProcess("/bin/sh", ["-c", "env; ls /proc/self/fd"]).run()
        #expect(!text.contains("GCX_TEST_SECRET"))
        #expect(!text.split(separator: "\n").contains("\(number)"))
    }

    @Test("a tool that hangs is ended with its children")
    func timeout() throws {
        let started = BootClock.now()
        #expect(throws: LinuxError.timedOut(operation: "run", object: "/bin/sh", after: .milliseconds(200))) {
            try ChildProcess("/bin/sh", ["-c", "sleep 60 & sleep 60"], timeout: .milliseconds(200)).outcome()
        }
        #expect(BootClock.now() - started < 5_000_000_000)
    }

    @Test("a tool that writes too much is ended")
    func tooMuch() throws {
        #expect(throws: LinuxError.outputTooLarge(tool: "/bin/sh", limitBytes: 1000)) {
            try ChildProcess("/bin/sh", ["-c", "while :; do echo xxxxxxxx; done"], outputBytesMax: 1000).outcome()
        }
    }

    @Test("descriptors arrive under the numbers they were given, also when they cross")
    func descriptors() throws {
        let first = try Pipe()
        let second = try Pipe()
        let swapped = [(first.write.number, second.write.number), (second.write.number, first.write.number)]
        let command = "echo one > /proc/self/fd/\(second.write.number); echo two > /proc/self/fd/\(first.write.number)"
        let pairs = swapped.map { (ours: $0.0, theirs: $0.1) }
        _ = try ChildProcess("/bin/sh", ["-c", command], descriptors: pairs).run()
        let one = first.closeWriter()
        let two = second.closeWriter()
        #expect(try Files.bytes(of: one, "pipe") == Array("one\n".utf8))
        #expect(try Files.bytes(of: two, "pipe") == Array("two\n".utf8))
    }

    @Test("a detached child is in a session of its own, and its end is seen through its descriptor")
    func detached() throws {
        let child = try ChildProcess("/bin/sh", ["-c", "sleep 0.3; exit 5"]).startDetached()
        #expect(getsid(child.pid) == child.pid)
        guard let handle = try PidFD.open(child.pid) else {
            Issue.record("gone too early")
            return
        }
        #expect(try !handle.waitForExit(timeout: .milliseconds(20)))
        #expect(try handle.waitForExit(timeout: .seconds(10)))
        #expect(child.wait() == .exited(5))
        #expect(try !handle.send(SIGTERM))
    }

    @Test("a handler of a signal is seen from outside")
    func handlers() throws {
        let script = "trap : TERM; echo; sleep 5 & wait"
        let child = try ChildProcess("/bin/sh", ["-c", script]).startDetached()
        let pid = child.pid
        defer { _ = child.pid }
        for _ in 0..<200 where !ProcessTable.catches(SIGTERM, pid) { pause(for: .milliseconds(5)) }
        #expect(ProcessTable.catches(SIGTERM, pid))
        #expect(!ProcessTable.catches(SIGUSR2, pid))
        #expect(ProcessTable.startTicks(of: pid) != nil && ProcessTable.startTicks(of: -1) == nil)
    }
}

@Suite("Clocks and the service manager")
struct ClockTests {
    @Test("a span in nanoseconds is at least 0 and at most the largest number")
    func spans() {
        #expect(Duration.milliseconds(1_500).wholeNanoseconds == 1_500_000_000)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == 0 && Duration.milliseconds(-1).wholeNanoseconds == 0)
    }

    @Test("the boot clock only grows, and the boot has a name")
    func clock() throws {
        let first = BootClock.now()
        pause(for: .milliseconds(2))
        #expect((2_000_000..<1_000_000_000).contains(BootClock.now() - first))
        #expect(try BootID.read() == BootID.read())
    }

    @Test("a status of the service arrives as one datagram")
    func notify() throws {
        let folder = try Folder()
        let path = "\(folder.path)/socket"
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        #expect(ServiceNotify.send("READY=1", to: path))
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(number, &buffer, 64, Int32(MSG_DONTWAIT))
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
        #expect(!ServiceNotify.send("READY=1", to: "\(folder.path)/missing"))
    }

    @Test("a wait status is a code or a signal")
    func waitStatus() {
        #expect(WaitStatus(raw: 0x0300) == .exited(3))
        #expect(WaitStatus(raw: 9) == .signalled(9) && WaitStatus.signalled(9).code == 137)
        #expect(WaitStatus(raw: 0x8b) == .signalled(11))
    }
}

@Suite("Room for threads")
struct ThreadRoomTests {
    @Test("a machine that gives threads gives them, and none of them stays")
    func given() throws {
        let before = try Files.names(in: "/proc/self/task").count
        try ThreadRoom.require(ThreadRoom.ofThisMachine)
        try ThreadRoom.require(200)
        // Other tests begin and end threads meanwhile, but not so many.
        #expect(try Files.names(in: "/proc/self/task").count < before + 100)
    }

    @Test("a refusal says how many there are, why, and what to change")
    func refused() {
        let error = LinuxError.noThreads(wanted: 6, got: 2, errno: EAGAIN)
        #expect("\(error)".hasPrefix("start 6 threads: the kernel gives 2 and then says EAGAIN"))
        guard case .fix(let text) = error.remedy else { return #expect(Bool(false), "no remedy") }
        #expect(text.contains("pids.max") && text.contains("ulimit -u"))
    }
}

@Suite("Netlink sockets, counted")
struct NetlinkSocketTests {
    @Test("answers that nobody read and the sockets themselves count, whatever the kernel writes")
    func parse() {
        let protocols = """
            protocol  size sockets  memory press maxhdr  slab module     cl co di
            UDP       1344      9       0   NI       0   yes  kernel      y  n  n
            NETLINK   1096     12      -1   NI       0   no   kernel      n  n  n
            """
        let table = """
            sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
            00000000dd9d1b4b 0   1044       00000000 4096     0        0     2        0        13
            00000000dd9d1b4c 0   0          00000000 0        0        0     2        0        14
            00000000dd9d1b4c 0   7          00000000 18446744073709551615 0        0     2        0        14
            rubbish
            """
        let found = NetlinkSockets.parse(protocols: protocols, table: table)
        #expect(found.sockets == 12 && found.ownBytes == 12 * 2048 && found.waitingBytes == .max && found.bytes == .max)
        #expect(NetlinkSockets.parse(protocols: "NETLINK 99999999999999 18446744073709551615", table: "").sockets > 0)
        #expect(NetlinkSockets.parse(protocols: "NETLINK 0 3", table: "").ownBytes == 6)
        #expect(NetlinkSockets.parse(protocols: "", table: "") == NetlinkSockets())
    }
}
