import GCXLinux
import GCXModel
import Glibc
import Support
import Testing

@testable import GCXSandbox

@Suite("The reader of archives is nobody")
struct UnpackerTests {
    @Test("behind its walls it opens no socket, reads and writes nothing else, and takes no more memory than it may")
    func walls() throws {
        let folder = try ArchiveFolder()
        let directory = try FileDescriptor.open(folder.out, O_RDONLY | O_DIRECTORY)
        let report = try Unpacker.located().tryWalls(directory)
        #expect(report.breaches == [])
        #expect(report.standing?.seccomp == true)
        if geteuid() == 0 { #expect(report.standing?.namespaces == true) }
        #expect(try Files.names(in: folder.path).sorted() == ["in", "out"])
        #expect(!Files.exists("/gcx-escaped") && !Files.exists("/tmp/gcx-escaped"))
    }

    @Test("what root has unpacked belongs to nobody", .enabled(if: geteuid() == 0, "needs root"))
    func owners() throws {
        let folder = try ArchiveFolder()
        try folder.write([EvilEntry(name: "file", user: 0), EvilEntry(name: "folder", kind: "5", user: 7)])
        try folder.unpack(owner: .nobody)
        for name in ["", "/file", "/folder"] {
            var status = stat()
            #expect(lstat(folder.out + name, &status) == 0)
            #expect(status.st_uid == SandboxLimits.filesHostID && status.st_gid == SandboxLimits.filesHostID)
        }
        try Files.removeTree(folder.out)
        try Files.makeDirectory(folder.out)
        try folder.unpack(owner: .caller)
        var status = stat()
        #expect(lstat("\(folder.out)/file", &status) == 0 && status.st_uid == 0 && status.st_gid == 0)
    }

    /// An archive that takes about a minute to read: gzip over very much of nothing.
    private func slowArchive(in folder: ArchiveFolder) throws {
        try ChildProcess("truncate", ["-s", "24G", "\(folder.path)/in/zeros"]).run()
        // The content is not in the sparse map, so that it has to be read.
        try ChildProcess(
            "sh", ["-c", "head -c 3G \(folder.path)/in/zeros | gzip -1 > \(folder.path)/part"], timeout: .seconds(120)
        ).run()
        var header = EvilEntry(name: "zeros", pax: [("size", "\(24 << 30)")])
        header.size = 0
        try DurableFile.write(header.bytes, to: "\(folder.path)/header")
        let parts = Array(repeating: "\(folder.path)/part", count: 8).joined(separator: " ")
        try ChildProcess(
            "sh", ["-c", "(gzip -c \(folder.path)/header; cat \(parts)) > \(folder.archive)"], timeout: .seconds(60)
        ).run()
    }

    @Test("a deadline and a wish to stop end it, and it is gone then")
    func ends() throws {
        let folder = try ArchiveFolder()
        try slowArchive(in: folder)
        let error = #expect(throws: ImageError.self) {
            try folder.inspect(.input, .upload, Unpacker.Run(timeout: .seconds(1)))
        }
        guard case .tooLarge(_, "the time it takes to read, in seconds,", 1)? = error else {
            Issue.record("ended for another reason: \(String(describing: error))")
            return
        }
        #expect(Self.readers(parent: getpid(), of: folder.archive).isEmpty)
        let stop = StopFlag()
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(stop)
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                GCXLinux.pause(for: .milliseconds(500))
                Unmanaged<StopFlag>.fromOpaque(argument).takeRetainedValue().raise()
                return nil
            }, argument.toOpaque())
        let begun = BootClock.now()
        #expect(throws: ImageError.cancelled(folder.archive)) {
            try folder.inspect(.input, .upload, Unpacker.Run(stop: stop))
        }
        #expect(BootClock.now() - begun < 5_000_000_000)
        pthread_join(thread, nil)
        #expect(Self.readers(parent: getpid(), of: folder.archive).isEmpty)
    }

    @Test("whoever started it is killed, and nothing goes on reading")
    func killedParent() throws {
        let folder = try ArchiveFolder()
        try slowArchive(in: folder)
        let order = UnpackOrder(
            verb: .inspect, identity: .alone, parent: 4_242_424, hasNamespace: false, hasDirectory: false, archives: 1,
            groups: 0, rules: .input, limits: .upload)
        let words = String(decoding: try JSONFile.encode(order, object: "order"), as: UTF8.self)
        // The shell is the parent; what follows keeps it from becoming the program itself.
        let script = "exec 3<$2; \"$0\" \"$(printf %s \"$1\" | sed s/4242424/$$/)\"; true"
        let program = try Unpacker.located().program
        let shell = try ChildProcess("/bin/sh", ["-c", script, program, words, folder.archive]).spawnDetached()
        var found: [pid_t] = []
        for _ in 0..<1000 where found.isEmpty {
            found = Self.readers(parent: shell)
            GCXLinux.pause(for: .milliseconds(5))
        }
        let outer = try #require(found.first)
        var inner: [pid_t] = []
        for _ in 0..<1000 where inner.isEmpty {
            inner = ProcessTable.children(of: outer)
            GCXLinux.pause(for: .milliseconds(5))
        }
        // Time to begin reading behind all walls.
        GCXLinux.pause(for: .milliseconds(300))
        kill(shell, SIGKILL)
        _ = ChildProcess.wait(shell)
        for _ in 0..<400 where (found + inner).contains(where: isAlive) {
            GCXLinux.pause(for: .milliseconds(5))
        }
        let left = (found + inner).filter { ProcessTable.startTicks(of: $0) != nil && isAlive($0) }
        #expect(left.isEmpty)
    }

    /// True for a process that runs, and has not ended and waits to be collected.
    private func isAlive(_ pid: pid_t) -> Bool {
        (try? Files.bytes("/proc/\(pid)/cmdline"))?.isEmpty == false
    }

    @Test("it counts to the group that it is told", .enabled(if: geteuid() == 0, "needs root"))
    func group() throws {
        let parent = try CgroupPlace.forJobs()
        let place = CgroupPlace(layout: parent.layout, group: "\(parent.group)/reader-test-\(getpid())")
        try place.cgroup.create(CgroupLimits(cores: 1, memoryBytes: 64 << 20, pids: 16))
        defer { try? place.cgroup.remove() }
        let folder = try ArchiveFolder()
        try DurableFile.write([UInt8](repeating: 1, count: 16 << 20), to: "\(folder.path)/in/file")
        try folder.tar("--gzip", "file")
        let before = try place.cgroup.sample().cpuNanoseconds
        _ = try folder.inspect(.input, .upload, Unpacker.Run(place: place))
        #expect(try place.cgroup.sample().cpuNanoseconds > before)
        #expect(try place.cgroup.processes().isEmpty)
    }

    /// Processes of the program that have this parent, and the archive open where one is named.
    static func readers(parent: pid_t, of archive: String? = nil) -> [pid_t] {
        ProcessTable.children(of: parent).filter { pid in
            guard Files.lineIfPresent("/proc/\(pid)/comm") == "gcx-unpack" else { return false }
            guard let archive else { return true }
            var (one, other) = (stat(), stat())
            stat(archive, &one)
            return ((try? Files.names(in: "/proc/\(pid)/fd")) ?? []).contains {
                stat("/proc/\(pid)/fd/\($0)", &other) == 0 && other.st_ino == one.st_ino
            }
        }
    }
}
