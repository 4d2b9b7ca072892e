import GCXLinux
import GCXSandbox
import Glibc

/// Tries what a reader that was taken over by an archive would try. It must fail everywhere but at its work.
enum WallTrial {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        guard let directory = order.directoryDescriptor else { return report }
        for (name, trial) in trials(directory) where trial() { report.breaches.append(name) }
        if !canWork(directory) { report.breaches.append("cannot even write below its own directory") }
        return report
    }

    private static func trials(_ directory: Int32) -> [(String, () -> Bool)] {
        // bounded here: constants of the kernel, and one more than a limit of ours
        [
            ("opens an internet socket", { opened(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }),
            ("opens a unix socket", { opened(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) }),
            ("opens a netlink socket", { opened(socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0)) }),
            ("reads /etc/passwd", { unsafe opened(open("/etc/passwd", O_RDONLY)) }),
            ("reads above its directory", { unsafe opened(openat(directory, "../../../../etc/passwd", O_RDONLY)) }),
            ("sees processes", { unsafe opened(open("/proc/1/status", O_RDONLY)) }),
            ("writes at the root", { unsafe opened(open("/gcx-escaped", O_WRONLY | O_CREAT, 0o600)) }),
            ("writes in /tmp", { unsafe opened(open("/tmp/gcx-escaped", O_WRONLY | O_CREAT, 0o600)) }),
            ("makes a directory above its own", { unsafe mkdirat(directory, "../gcx-escaped", 0o700) == 0 }),
            ("makes a FIFO", { unsafe mkfifoat(directory, "fifo", 0o600) == 0 }),
            ("makes a device", { unsafe mknodat(directory, "null", S_IFCHR | 0o666, 259) == 0 }),
            ("signals its parent", { kill(getppid(), 0) == 0 || kill(1, 0) == 0 }),
            ("starts a process", startsProcess),
            ("runs memory that it wrote", { mapped(4096, PROT_READ | PROT_WRITE | PROT_EXEC) }),
            (
                "takes more memory than it may",
                { mapped(Int(clamping: SandboxLimits.readerBytesMax) + 1, PROT_READ | PROT_WRITE) }
            ),
            ("becomes another user", { setuid(1) == 0 }),
        ]
    }

    private static func opened(_ file: Int32) -> Bool {
        if file >= 0 { close(file) }
        return file >= 0
    }

    private static func mapped(_ bytes: Int, _ protection: Int32) -> Bool {
        // bounded: a constant of the kernel
        unsafe mmap(nil, bytes, protection, MAP_PRIVATE | Int32(MAP_ANONYMOUS), -1, 0) != MAP_FAILED
    }

    private static func startsProcess() -> Bool {
        (try? ChildProcess("/bin/true", []).outcome()) != nil
    }

    private static func canWork(_ directory: Int32) -> Bool {
        guard
            let file = try? FileDescriptor.open(beneath: directory, [102, 0], O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        else { return false }
        return unsafe (try? file.write("x".utf8, object: "f")) != nil && unlinkat(directory, "f", 0) == 0
    }
}
