import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

/// What the tests of real jobs need: root, an OCI runtime and busybox.
enum Machine {
    static func lacks(_ tools: String...) -> String? {
        if geteuid() != 0 { return "needs root" }
        return tools.first { ChildProcess.find($0) == nil }.map { "needs \($0)" }
    }

    static var runsJobs: Bool { lacks("crun", "busybox", "mke2fs", "tar") == nil }
    /// The runtimes to be tested here: crun always, runc where it is installed.
    static var runtimes: [RuntimeChoice.Kind] { lacks("runc") == nil ? [.crun, .runc] : [.crun] }
    static var unpacksImages: Bool { runsJobs && lacks("umoci") == nil }

    /// The supervisor that was built with these tests, which lies beside them.
    static let supervisor: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false)
        for depth in 1..<max(2, folder.count) {
            let path = folder.dropLast(depth).joined(separator: "/") + "/gcx-supervisor"
            if Files.exists(path) { return path }
        }
        return "gcx-supervisor"
    }()
}

/// All suites that run jobs, one test after the other: some compare the whole machine before and after.
@Suite(
    "Jobs under a real OCI runtime", .serialized,
    .enabled(if: Machine.runsJobs, "needs root, crun, busybox, mke2fs, tar"))
struct RealJobs {}

/// What jobs leave on a machine: compared before and after, it must be the same.
struct Traces: Equatable {
    var mounts: [String]
    var loops: [String]
    var groups: [String]
    var supervisors: Int
    /// What lies under the v2 tree of a hybrid machine, where crun would write.
    var hidden: String
    /// Interfaces, and the rules of the packet filter where nft is there.
    var links: [String]
    var rules: String

    static func now() throws -> Traces {
        let place = try CgroupPlace.forJobs()
        let roots: [String] =
            switch place.layout {
            case .unified(let root): [root]
            case .legacy(let controllers, let unified): Set(controllers.values).sorted() + [unified].compactMap { $0 }
            }
        let groups = roots.flatMap { CgroupTree.children(of: $0 + place.group) }
        let pids = try Files.names(in: "/proc").filter { Int32($0) != nil }
        let names = pids.compactMap { Files.lineIfPresent("/proc/\($0)/comm") }
        return Traces(
            mounts: try MountTable.read().map(\.point).sorted(),
            loops: try ChildProcess("losetup", ["--noheadings", "--output", "BACK-FILE", "--list"]).run()
                .split(separator: "\n").map(String.init).filter { $0.contains("gcx-test") },
            groups: groups, supervisors: names.filter { $0 == "gcx-supervisor" }.count,
            hidden: try listHidden(place.layout), links: try listLinks(), rules: try listRules())
    }

    private static func listLinks() throws -> [String] {
        try Files.text("/proc/thread-self/net/dev").split(separator: "\n").compactMap { line in
            line.contains("|") ? nil : line.split(separator: ":").first.map { $0.drop { $0 == " " } }.map(String.init)
        }
    }

    private static func listRules() throws -> String {
        ChildProcess.find("nft") == nil ? "" : try ChildProcess("nft", ["list", "ruleset"]).run()
    }

    private static func listHidden(_ layout: CgroupLayout) throws -> String {
        guard case .legacy(_, let tree?) = layout else { return "" }
        return try ChildProcess("unshare", ["-m", "sh", "-c", "umount \(tree) && find \(tree)"]).run()
    }

    /// True when the machine is as before within two seconds: the kernel takes mounts of a killed process down later.
    static func settle(to before: Traces) throws -> Bool {
        for _ in 0..<200 {
            if try now() == before { return true }
            GCXLinux.pause(for: .milliseconds(10))
        }
        let left = try now()
        print("before: \(before.difference(left)); now: \(left.difference(before))")
        return false
    }

    /// What is here and not there.
    private func difference(_ other: Traces) -> String {
        let lists = [mounts, loops, groups, links].map(Set.init)
        let others = [other.mounts, other.loops, other.groups, other.links].map(Set.init)
        let words = zip(lists, others).flatMap { $0.subtracting($1) }.sorted().joined(separator: " ")
        return
            "\(words) \(supervisors) supervisors \(hidden == other.hidden ? "" : hidden) \(rules == other.rules ? "" : rules)"
    }
}

extension String {
    /// How often `text` occurs.
    func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

/// A directory of its own with a driver, and a root filesystem that holds busybox.
final class Sandbox: Sendable {
    let root: String
    let driver: OCIRuntimeDriver

    init(
        _ kind: RuntimeChoice.Kind = .crun, images: ImageSettings = ImageSettings(), network: NetworkPolicy? = nil
    ) throws {
        var template = Array("/tmp/gcx-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LinuxError.malformed(object: "/tmp", reason: "mkdtemp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        driver = try OCIRuntimeDriver(
            state: "\(root)/state", supervisorPath: Machine.supervisor, preferred: kind, images: images,
            network: network)
        try Self.makeRootfs("\(root)/rootfs")
    }

    /// Another driver of the same jobs.
    func driver(devices: CDIRegistry) throws -> OCIRuntimeDriver {
        try OCIRuntimeDriver(
            state: "\(root)/state", supervisorPath: Machine.supervisor, preferred: driver.runtime.kind, devices: devices
        )
    }

    deinit {
        for job in (try? driver.jobs()) ?? [] {
            try? driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
            _ = try? driver.wait(job, timeout: .seconds(30))
            _ = try? driver.wipe(job)
        }
        try? Files.removeTree(root)
    }

    static func makeRootfs(_ path: String) throws {
        for folder in ["bin", "etc", "proc", "dev", "sys", "tmp"] {
            try Files.makeDirectories("\(path)/\(folder)", mode: 0o755)
        }
        try ChildProcess("cp", ["/bin/busybox", "\(path)/bin/busybox"]).run()
        let list = try ChildProcess("/bin/busybox", ["--list"]).run().split(separator: "\n")
        for name in list where name != "busybox" { symlink("busybox", "\(path)/bin/\(name)") }
        try DurableFile.write(
            "root:x:0:0:root:/:/bin/sh\nworker:x:1000:1001::/:/bin/sh\n".utf8, to: "\(path)/etc/passwd", mode: 0o644)
    }

    func spec(_ script: String, _ change: (inout JobSpec) -> Void = { _ in }) -> JobSpec {
        var id = "t"
        for _ in 0..<12 { id += String("abcdefghijklmnopqrstuvwxyz".randomElement() ?? "x") }
        var spec = JobSpec(
            id: id, image: .rootfs(path: "\(root)/rootfs"), command: ["/bin/sh", "-c", script],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: 60)
        change(&spec)
        return spec
    }

    /// Runs a job to its end.
    func run(_ spec: JobSpec) throws -> Ended {
        let job = try driver.start(spec)
        return try end(of: job)
    }

    func run(_ script: String, _ change: (inout JobSpec) -> Void = { _ in }) throws -> Ended {
        try run(spec(script, change))
    }

    /// Waits until the job has written something.
    func waitForOutput(of job: JobDirectory) throws {
        for _ in 0..<1000 {
            var reader = JobLogReader(path: job.log)
            if try !reader.next().isEmpty { return }
            GCXLinux.pause(for: .milliseconds(5))
        }
        throw LinuxError.timedOut(operation: "wait for output", object: job.path, after: .seconds(5))
    }

    func end(of job: JobDirectory) throws -> Ended {
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(60)) else {
            throw LinuxError.timedOut(operation: "wait", object: job.path, after: .seconds(60))
        }
        return Ended(job: job, exit: exit, sandbox: self)
    }
}

/// A job that has ended, with its log.
struct Ended {
    let job: JobDirectory
    let exit: JobExit
    /// Keeps the files until the last look at them.
    let sandbox: Sandbox

    var records: [JobLog.Record] {
        var reader = JobLogReader(path: job.log)
        return (try? reader.next()) ?? []
    }

    func text(_ stream: JobLog.Stream = .output) -> String {
        String(decoding: records.filter { $0.stream == stream }.flatMap(\.bytes), as: UTF8.self)
    }
}
