import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXSandbox

@Suite("The bundle of a job")
struct BundleTests {
    let plan = JobPlan(
        spec: JobSpec(
            id: "j1", image: .rootfs(path: "/r"), command: ["/bin/true"],
            resources: JobResources(cores: 2, memoryBytes: 64 << 20, writableBytes: 32 << 20), wallSecondsMax: 60),
        process: ProcessSpec(arguments: ["/bin/true"], environment: [], workingDirectory: "/", user: 1000, group: 1001),
        imageRoot: "/r", imageDigest: nil, scratchTemplate: "/t", ids: IDMap(base: 0x7001_0000),
        runtime: RuntimeChoice(kind: .crun, path: "/usr/bin/crun", reason: "", hiddenTree: nil),
        place: CgroupPlace(layout: .unified(root: "/sys/fs/cgroup"), group: "/gcx.service/gcx/j1"),
        openFilesMax: 4096, bootID: "b")

    @Test("it holds every namespace and no privilege")
    func isolation() {
        let bundle = OCIBundle.job(plan, sandbox: SandboxPaths())
        #expect(
            Set(bundle.linux.namespaces.map(\.type))
                == ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"])
        #expect(bundle.process.capabilities == OCIBundle.Capabilities())
        #expect(bundle.process.noNewPrivileges)
        #expect(bundle.root.readonly)
        #expect(bundle.linux.uidMappings == [OCIBundle.Mapping(containerID: 0, hostID: 0x7001_0000, size: 65_536)])
        #expect(bundle.linux.cgroupsPath == "/gcx.service/gcx/j1/job")
        #expect(!bundle.mounts.contains { $0.destination == "/input" })
    }

    @Test("the input is mounted only when there is one, read-only")
    func input() {
        var plan = plan
        plan.spec.inputDirectory = "/somewhere"
        plan.spec.writableRoot = true
        let bundle = OCIBundle.job(plan, sandbox: SandboxPaths())
        #expect(bundle.mounts.first { $0.destination == "/input" }?.options.contains("ro") == true)
        #expect(!bundle.root.readonly)
    }

    @Test("it runs under the AppArmor profile where that is loaded and enforced, and names none elsewhere")
    func appArmor() throws {
        let list = try ChildProcess("mktemp", ["/tmp/gcx-profiles-XXXXXX"]).run().split(separator: "\n").joined()
        defer { unlink(list) }
        var plan = plan
        for (text, wanted) in [
            ("man_filter (enforce)\ngcx-job (enforce)\n", "gcx-job"), ("gcx-job (complain)\n", nil), ("", nil),
        ] as [(String, String?)] {
            try DurableFile.write(text.utf8, to: list)
            plan.appArmorProfile = AppArmor.loadedProfile(list: list)
            #expect(OCIBundle.job(plan, sandbox: SandboxPaths()).process.apparmorProfile == wanted)
        }
        #expect(AppArmor.loadedProfile(list: "/no/such/file") == nil)
    }

    @Test("it reads back as it was written")
    func roundTrip() throws {
        let bundle = OCIBundle.job(plan, sandbox: SandboxPaths())
        let bytes = try JSONFile.encode(bundle, object: "bundle")
        #expect(try JSONFile.decode(OCIBundle.self, bytes, object: "bundle") == bundle)
    }

    @Test("the filter is for one architecture and names no call twice")
    func filter() {
        let profile = SystemCalls.profile()
        #expect(profile.architectures.count == 1)
        let names = profile.syscalls.filter { $0.args == nil }.flatMap(\.names)
        #expect(names.count == Set(names).count)
        let dangerous = [
            "mount", "umount2", "unshare", "setns", "ptrace", "bpf", "perf_event_open", "keyctl", "io_uring_setup",
            "clone3", "clone", "init_module", "kexec_load", "reboot", "userfaultfd", "open_by_handle_at", "pivot_root",
            "chroot", "fsopen", "move_mount", "swapon", "sethostname", "settimeofday", "iopl", "quotactl",
        ]
        #expect(Set(names).isDisjoint(with: dangerous))
    }

    @Test("two id ranges never meet, and all of them are storable")
    func idRanges() {
        let last = SandboxLimits.firstHostID + (SandboxLimits.jobSlotsMax - 1) * IDMap.size
        #expect(UInt64(last) + UInt64(IDMap.size) <= 0x8000_0000)
        #expect(SandboxLimits.firstHostID > 1_879_048_191)
    }

    @Test("limits that lean on each other do")
    func limits() {
        #expect(SandboxLimits.runtimeTimeout < SandboxLimits.startTimeout)
        #expect(SandboxLimits.supervisorTick < SandboxLimits.drainTimeout)
    }
}

@Suite("Which reason a job's end has")
struct VerdictTests {
    @Test(
        "its own end, the kernel's, or the one that was asked for",
        arguments: [
            (WaitStatus.exited(0), nil, nil, ExitReason.exited(code: 0)),
            (.exited(3), nil, 0, .exited(code: 3)),
            (.signalled(9), nil, 0, .signalled(signal: 9)),
            (.signalled(9), nil, 1, .outOfMemory),
            (.exited(137), nil, 1, .outOfMemory),
            (.exited(0), nil, 1, .exited(code: 0)),
            (.signalled(9), .timeLimit, 1, .timeLimit),
            (.exited(0), .cancelled(by: .buyer), nil, .cancelled(by: .buyer)),
        ] as [(WaitStatus, ExitReason?, UInt64?, ExitReason)])
    func verdicts(_ status: WaitStatus, _ ending: ExitReason?, _ kills: UInt64?, _ expected: ExitReason) {
        #expect(ExitVerdict.reason(status: status, ending: ending, oomKills: kills) == expected)
    }

    @Test("the taxonomy survives JSON")
    func codable() throws {
        let all: [ExitReason] = [
            .exited(code: 1), .signalled(signal: 9), .outOfMemory, .timeLimit, .budget, .cancelled(by: .owner),
            .hostFailure(description: "x"), .refused(description: "y"),
        ]
        let bytes = try JSONFile.encode(all, object: "reasons")
        #expect(try JSONFile.decode([ExitReason].self, bytes, object: "reasons") == all)
    }
}

@Suite("Which runtime is used")
struct RuntimeChoiceTests {
    let hybrid = CgroupLayout.legacy(controllers: ["memory": "/m"], unifiedRoot: "/sys/fs/cgroup/unified")

    @Test("crun goes first, and hides the v2 tree of a hybrid machine")
    func crunFirst() throws {
        let choice = try RuntimeChoice.choose(preferred: nil, layout: hybrid) { "/usr/bin/\($0)" }
        #expect(choice.kind == .crun && choice.hiddenTree == "/sys/fs/cgroup/unified")
        let unified = try RuntimeChoice.choose(preferred: nil, layout: .unified(root: "/c")) { "/usr/bin/\($0)" }
        #expect(unified.hiddenTree == nil)
    }

    @Test(
        "a thicker wall that was asked for is never replaced by a thinner one",
        arguments: [RuntimeChoice.Kind.runsc, .krun])
    func thickWalls(_ kind: RuntimeChoice.Kind) throws {
        let choice = try RuntimeChoice.choose(preferred: kind, layout: hybrid) { "/usr/bin/\($0)" }
        #expect(choice.kind == kind && choice.kind.isolation > .container)
        let error = #expect(throws: SandboxError.self) {
            try RuntimeChoice.choose(preferred: kind, layout: hybrid) { $0 == kind.rawValue ? nil : "/usr/bin/\($0)" }
        }
        #expect(error == .noRuntime(tried: ["`\(kind.rawValue)` is not installed"]))
    }

    @Test("the preferred one wins when it is there, else the next, and the reason says why")
    func preferred() throws {
        let runc = try RuntimeChoice.choose(preferred: .runc, layout: hybrid) { "/usr/bin/\($0)" }
        #expect(runc.kind == .runc && runc.hiddenTree == nil)
        let other = try RuntimeChoice.choose(preferred: .crun, layout: hybrid) { $0 == "runc" ? "/x" : nil }
        #expect(other.kind == .runc && other.reason.contains("crun is not installed"))
        #expect(throws: SandboxError.self) { try RuntimeChoice.choose(preferred: nil, layout: hybrid) { _ in nil } }
    }
}

@Suite("What a job may ask for")
struct SpecTests {
    private func spec() -> JobSpec {
        JobSpec(
            id: "a-1", image: .rootfs(path: "/r"), command: ["x"],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20), wallSecondsMax: 1)
    }

    /// Field by field, something that cannot be run.
    static let wrong: [(String, @Sendable (inout JobSpec) -> Void)] = [
        ("id", { $0.id = "../x" }), ("id", { $0.id = "" }), ("cores", { $0.resources.cores = 0 }),
        ("memoryBytes", { $0.resources.memoryBytes = 1 }), ("pids", { $0.resources.pids = 1 }),
        ("writableBytes", { $0.resources.writableBytes = 4096 }), ("wallSecondsMax", { $0.wallSecondsMax = 0 }),
        ("command", { $0.command = ["a\0b"] }), ("environment", { $0.environment = ["A=B": "x"] }),
        ("workingDirectory", { $0.workingDirectory = "tmp" }),
    ]

    @Test("every bound is checked", arguments: 0..<wrong.count)
    func bounds(_ index: Int) {
        let (field, change) = Self.wrong[index]
        var spec = spec()
        #expect(throws: Never.self) { try spec.validate() }
        change(&spec)
        guard case .invalidSpec(let wrong, _)? = #expect(throws: SandboxError.self, performing: { try spec.validate() })
        else {
            Issue.record("not refused")
            return
        }
        #expect(wrong == field)
    }
}
