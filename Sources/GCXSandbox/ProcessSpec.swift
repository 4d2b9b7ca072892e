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
    /// - Parameters:
    ///   - unpacker: reads the image's tables of users where the image's user is in them.
    ///   - run: what that counts to, and what ends it.
    /// - Throws: ``ImageError/noCommand``, ``ImageError/unknownUser(_:)`` or
    ///   ``ImageError/unusableConfig(field:reason:)``.
    package static func merge(
        _ spec: JobSpec, over entry: ImageStore.Entry, by unpacker: Unpacker, run: Unpacker.Run = Unpacker.Run()
    ) throws(ImageError) -> ProcessSpec {
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
        let user = try ImageUser(defaults.user ?? "").resolve(in: entry.rootfs, by: unpacker, run: run)
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
