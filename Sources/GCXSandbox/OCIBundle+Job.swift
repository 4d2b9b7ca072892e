package import GCXLinux

extension OCIBundle {
    /// The bundle of a job: a pure function of its plan.
    ///
    /// All eight namespaces but time; ids of its own; no capability, no new privilege, no network beyond an empty
    /// namespace; the image read-only unless the job asks for a writable layer over it.
    ///
    /// - Parameters:
    ///   - io: limits of the disks the job uses, known once its mounts are made.
    ///   - disks: directories of the machine's disks in `/sys`, which it is not to see.
    package static func job(
        _ plan: JobPlan, sandbox: SandboxPaths, io: [IOLimit] = [], disks: [String] = []
    ) -> OCIBundle {
        var bundle = OCIBundle(
            root: Root(path: sandbox.rootfs, readonly: !plan.spec.writableRoot), process: process(plan),
            mounts: systemMounts + jobMounts(plan, sandbox), linux: linux(plan, sandbox, io))  // bounded: joins lists
        bundle.process.apparmorProfile = plan.appArmorProfile
        bundle.linux.maskedPaths += disks  // bounded: joins lists
        if let devices = plan.devices { bundle.apply(devices, sandbox) }
        return bundle
    }

    private static func process(_ plan: JobPlan) -> Process {
        let spec = plan.process
        return Process(
            user: User(uid: spec.user, gid: spec.group, additionalGids: spec.groups), args: spec.arguments,
            env: spec.environment,
            cwd: spec.workingDirectory,
            rlimits: plan.inheritsLimits == true
                ? [] : plan.limits.map { ResourceLimit(type: $0.kind.name, hard: $0.hard, soft: $0.soft) },
            // When the whole machine runs out of memory, a job goes before anything of the owner's.
            oomScoreAdj: 500)
    }

    private static func linux(_ plan: JobPlan, _ sandbox: SandboxPaths, _ io: [IOLimit]) -> Linux {
        let mapping = Mapping(containerID: 0, hostID: plan.ids.base, size: IDMap.size)
        return Linux(
            namespaces: ["pid", "network", "ipc", "uts", "mount", "cgroup"].map { Namespace(type: $0) }
                + [Namespace(type: "user", path: sandbox.userNamespace)],
            uidMappings: [mapping], gidMappings: [mapping], cgroupsPath: plan.place.cgroup.runtimePath,
            resources: Resources(
                devices: [Device(allow: false, access: "rwm")],
                // On v2 the parent group has them, and binds all below it.
                blockIO: plan.place.layout.isUnified || io.isEmpty ? nil : BlockIO(io)), seccomp: SystemCalls.profile(),
            maskedPaths: maskedPaths, readonlyPaths: readonlyPaths)
    }

    /// Kernel filesystems, as small as programs can live with. What is written in memory counts as the job's memory.
    private static let systemMounts = [
        Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "noexec", "strictatime", "mode=755", "size=64k"]),
        Mount(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: [
                "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "max=\(SandboxLimits.terminalsMax)",
            ]),
        Mount(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777"]),
        Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
    ]

    /// Directories of the writable layer, and the input when there is one.
    private static func jobMounts(_ plan: JobPlan, _ sandbox: SandboxPaths) -> [Mount] {
        var mounts = [
            Mount(destination: "/tmp", type: "bind", source: sandbox.temporary, options: ["bind", "nosuid", "nodev"]),
            Mount(destination: "/output", type: "bind", source: sandbox.output, options: ["bind", "nosuid", "nodev"]),
        ]
        if plan.spec.inputDirectory != nil {
            mounts.append(
                Mount(
                    destination: "/input", type: "bind", source: sandbox.input,
                    options: ["bind", "ro", "nosuid", "nodev"]))
        }
        return mounts
    }

    /// Files of the kernel that tell about the whole machine, its keys, or other jobs: their disks, in loop devices of
    /// their own, and what they read and write.
    private static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/interrupts", "/proc/kmsg",
        "/proc/diskstats", "/proc/partitions", "/proc/swaps", "/proc/mdstat", "/proc/locks", "/proc/fs",
        "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/block", "/sys/class/block", "/sys/dev/block",
        "/sys/devices/virtual/block", "/sys/class/bdi", "/sys/devices/virtual/bdi", "/sys/class/nvme",
        "/sys/class/scsi_disk", "/sys/fs", "/sys/kernel/slab",
    ]

    /// Files of the kernel that root could change the machine with.
    private static let readonlyPaths = ["/proc/bus", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

extension JobPlan {
    /// The limits of each process of the job: what is limited, soft and hard.
    var limits: [(kind: ResourceLimits.Kind, soft: UInt64, hard: UInt64)] {
        // A core dump would fill the output with what nobody asked for.
        let files: [(ResourceLimits.Kind, UInt64, UInt64)] = [
            (.openFiles, min(1024, openFilesMax), openFilesMax), (.coreBytes, 0, 0),
        ]
        guard let kernel = kernelLimits else { return files }
        return files + [
            (.pendingSignals, kernel.pendingSignals, kernel.pendingSignals),
            (.queueBytes, kernel.queueBytes, kernel.queueBytes),
            (.lockedBytes, kernel.lockedBytes, kernel.lockedBytes),
        ]
    }
}
