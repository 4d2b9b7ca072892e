import GCXLinux
import Glibc

/// The job's first process, settled: nothing of the image's configuration is left to look up.
package struct ProcessSpec: Codable, Equatable, Sendable {
    package var arguments: [String]
    /// `NAME=value`, sorted by name.
    package var environment: [String]
    package var workingDirectory: String
    package var user: UInt32
    package var group: UInt32

    /// What a job gets when neither it nor its image says otherwise. Home is where it can write.
    static let defaultEnvironment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp",
    ]

    /// Lays the job's wishes over the image's defaults: a command replaces entry point and command, a variable
    /// replaces the one of the same name.
    ///
    /// - Throws: ``ImageError/noCommand``, ``ImageError/unknownUser(_:)`` or
    ///   ``ImageError/unusableConfig(field:reason:)``.
    package static func merge(_ spec: JobSpec, over entry: ImageStore.Entry) throws(ImageError) -> ProcessSpec {
        let defaults = entry.config
        // bounded: joins lists
        let arguments = spec.command.isEmpty ? (defaults.entryPoint ?? []) + (defaults.command ?? []) : spec.command
        guard !arguments.isEmpty else { throw .noCommand }
        var environment = defaultEnvironment
        for line in defaults.environment ?? [] {
            let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // bounded here: two parts, counted first; a dictionary
            if pair.count == 2, !pair[0].isEmpty { environment[String(pair[0])] = String(pair[1]) }
        }
        environment.merge(spec.environment) { _, job in job }
        let directory = spec.workingDirectory ?? defaults.workingDirectory ?? "/"
        let user = try ImageUser.resolve(defaults.user ?? "", in: entry.rootfs)
        let process = ProcessSpec(
            arguments: arguments, environment: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            workingDirectory: directory.isEmpty ? "/" : directory, user: user.user, group: user.group)
        try process.check()
        return process
    }

    /// What the job itself says was checked before; what its image adds is a stranger's too.
    private func check() throws(ImageError) {
        for (field, strings) in [
            ("Entrypoint", arguments), ("Env", environment), ("WorkingDir", [workingDirectory]),
        ] {
            guard !strings.contains(where: { $0.utf8.contains(0) }) else {
                throw .unusableConfig(field: field, reason: "a zero byte cannot be passed to a program")
            }
            // bounded here: texts in memory
            let bytes = strings.map(\.utf8.count)
            guard bytes.reduce(0, +) <= SandboxLimits.commandBytesMax,
                bytes.allSatisfy({ $0 < SandboxLimits.argumentBytesMax })
            else {
                let (all, one) = (SandboxLimits.commandBytesMax, SandboxLimits.argumentBytesMax)
                throw .unusableConfig(field: field, reason: "over \(all) bytes, or one string over \(one)")
            }
        }
        guard workingDirectory.hasPrefix("/") else {
            throw .unusableConfig(field: "WorkingDir", reason: "must begin with `/`")
        }
    }
}

/// The `User` of an image: `""`, `1000`, `1000:100`, `name` or `name:group`.
package enum ImageUser {
    package static func resolve(_ text: String, in rootfs: String) throws(ImageError) -> (user: UInt32, group: UInt32) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return (0, 0) }
        // bounded here: a line has more than three fields, a row more than two, and the text two parts, each counted first
        let line = table("etc/passwd", in: rootfs).first { $0.count > 3 && ($0[0] == name || $0[2] == name) }
        // bounded: of text, which answers nil
        guard let user = UInt32(name) ?? line.flatMap({ UInt32($0[2]) }), user < IDMap.size else {
            throw .unknownUser(name)
        }
        guard parts.count == 2 else { return (user, line.flatMap { UInt32($0[3]) } ?? 0) }
        let row = table("etc/group", in: rootfs).first { $0.count > 2 && $0[0] == parts[1] }
        guard let group = UInt32(parts[1]) ?? row.flatMap({ UInt32($0[2]) }), group < IDMap.size else {
            throw .unknownUser(text)
        }
        return (user, group)
    }

    /// The lines of a table of the image, in fields. The image is a stranger's: no link in it leads out of it.
    private static func table(_ path: String, in rootfs: String) -> [[String]] {
        guard let root = try? FileDescriptor.open(rootfs, O_RDONLY | O_DIRECTORY) else { return [] }
        guard let file = try? root.open(inside: path),
            let status = try? file.status(path), status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? Files.bytes(of: file, path, limit: SandboxLimits.passwdBytesMax)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
