import FoundationEssentials
import GCXLinux
import GCXModel
import Glibc

/// What the demonstration's job works on, and in what.
enum DemoInput {
    /// The directory asked for, or the sources in the current directory, or this system's own documentation: an absolute path.
    static func directory(_ asked: String?) throws -> String {
        guard let here = unsafe getcwd(nil, 0) else {
            throw CommandError("the directory that this was started in is gone", fix: "Change to another one.")
        }
        defer { unsafe free(here) }
        let found = try found(asked)
        return found.hasPrefix("/") ? found : unsafe "\(String(cString: here))/\(found)"
    }

    private static func found(_ asked: String?) throws -> String {
        if let asked {
            var status = stat()
            guard unsafe stat(asked, &status) == 0 else {
                throw CommandError(
                    unsafe "the directory \(asked) cannot be used: \(String(cString: strerror(errno)))",
                    fix: "Name a directory that is there, with --input.")
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw CommandError("\(asked) is no directory", fix: "Name the directory that it is in, with --input.")
            }
            return asked
        }
        guard let found = ["Sources", "/usr/share/doc", "/usr/share", "/etc"].first(where: { Files.exists($0) }) else {
            throw CommandError("found nothing to work on", fix: "Name a directory with --input.")
        }
        return found
    }

    /// An OCI image layout with one layer: busybox and its names. Made by umoci, as any other image would be.
    static func makeImage(in directory: String) throws -> String {
        guard let busybox = ["/bin/busybox", "/usr/bin/busybox"].first(where: { Files.exists($0) }) else {
            throw CommandError("busybox is not installed", fix: "apt-get install busybox-static")
        }
        guard let umoci = ChildProcess.find("umoci") else {
            throw CommandError("umoci is not installed", fix: "apt-get install umoci")
        }
        try makeRoot("\(directory)/image-root", busybox: busybox)
        // umoci takes what stands behind a colon for a tag, so it is given no path but a name in its working directory.
        for arguments in [
            ["init", "--layout", "image"], ["new", "--image", "image:demo"],
            ["insert", "--image", "image:demo", "image-root", "/"],
            ["config", "--image", "image:demo", "--config.env", "PATH=/bin", "--config.cmd", "/bin/sh"],
        ] {
            _ = try ChildProcess(umoci, arguments, workingDirectory: directory).run()
        }
        try Files.removeTree("\(directory)/image-root")
        return "\(directory)/image"
    }

    private static func makeRoot(_ root: String, busybox: String) throws {
        for folder in ["bin", "proc", "dev", "sys", "tmp", "etc", "input", "output"] {
            try Files.makeDirectories("\(root)/\(folder)", mode: 0o755)
        }
        try FileManager.default.copyItem(atPath: busybox, toPath: "\(root)/bin/busybox")
        for name in ["sh", "tar", "gzip", "sha256sum", "find", "sort", "xargs", "wc", "tr", "date", "cat", "ls", "id"] {
            try FileManager.default.createSymbolicLink(atPath: "\(root)/bin/\(name)", withDestinationPath: "busybox")
        }
    }

    /// The job: hash every file, then compress the tree again and again until the time is over; say what it did and what
    /// CPU time the kernel says it took.
    static func program(seconds: UInt64) -> String {
        """
        set -e
        count() { if [ "$1" -eq 1 ]; then echo "$1 $2"; else echo "$1 $2s"; fi; }
        # Names may hold anything but a NUL byte.
        files=$(find /input -type f -print0 | tr -dc '\\0' | wc -c)
        echo "working on $(count "$files" file) as $(id -u), in a sandbox without network"
        find /input -type f -print0 | sort -z | xargs -0 -r sha256sum > /output/SHA256SUMS
        end=$(( $(date +%s) + \(seconds) ))
        rounds=0
        while [ $(date +%s) -lt $end ]; do
            tar -c -C /input . | gzip -9 > /output/input.tar.gz
            rounds=$(( rounds + 1 ))
        done
        echo "compressed the tree $(count "$rounds" time): $(count "$(wc -c < /output/input.tar.gz)" byte), $(count "$files" file) hashed"
        sha256sum /output/input.tar.gz
        times
        """
    }

    /// CPU time in nanoseconds from the output of the shell's `times`: its own and its children's, user and system.
    ///
    /// The shell asks the kernel with times(2), which counts in hundredths of a second; nil when there is no such output.
    static func cpuNanoseconds(from output: String) -> UInt64? {
        let lines = output.split(separator: "\n").suffix(2)
        let figures = lines.flatMap { $0.split(separator: " ") }.compactMap(nanoseconds)
        return lines.count == 2 && figures.count == 4 ? figures.reduce(0, +) : nil
    }

    /// `1m2.345s` in nanoseconds.
    private static func nanoseconds(_ text: Substring) -> UInt64? {
        let parts = text.dropLast().split(separator: "m", omittingEmptySubsequences: false)
        guard text.hasSuffix("s"), parts.count == 2, let minutes = UInt64(parts[0]) else { return nil }
        let decimals = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard let seconds = UInt64(decimals[0]), decimals.count == 2, decimals[1].count <= 9,
            let fraction = UInt64(decimals[1] + String(repeating: "0", count: 9 - decimals[1].count))
        else { return nil }
        return (minutes * 60 + seconds) * Nanoseconds.inSecond + fraction
    }
}
