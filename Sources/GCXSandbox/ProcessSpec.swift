import GCXLinux
import GCXModel
import Glibc

/// The job's first process, settled: nothing of the image's configuration is left to look up.
package struct ProcessSpec: Codable, Equatable, Sendable {
    package var arguments: [String]
    /// `NAME=value`, sorted by name.
    package var environment: [String]
    package var workingDirectory: String
    package var user: UInt32
    package var group: UInt32
    /// All groups of the process; nil in plans from before they were looked up.
    package var groups: [UInt32]? = nil
    /// What asks it to end; nil for SIGTERM.
    package var stopSignal: Int32? = nil
    /// Why it cannot be run, so that the runtime is never called; nil when nothing is known against it.
    package var failure: ProgramFailure? = nil

    /// What a job gets when neither it nor its image says otherwise. Home is where it can write.
    static let defaultEnvironment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp",
    ]

    /// Lays the job's wishes over the image's defaults: a command replaces entry point and command, a variable
    /// replaces the one of the same name.
    ///
    /// - Parameters:
    ///   - unpacker: reads the image's tables of users, and looks whether the program can be run.
    ///   - mounts: places, besides those that every job has, where something lies that is not in the image.
    ///   - run: what that counts to, and what ends it.
    /// - Throws: ``ImageError/noCommand``, ``ImageError/unknownUser(_:)`` or
    ///   ``ImageError/unusableConfig(field:reason:)``. A program that cannot be run is no error, but in ``failure``.
    package static func merge(
        _ spec: JobSpec, over entry: ImageStore.Entry, by unpacker: Unpacker, mounts: [String] = [],
        run: Unpacker.Run = Unpacker.Run()
    ) throws(ImageError) -> ProcessSpec {
        let defaults = entry.config
        // bounded: joins lists
        let arguments = spec.command.isEmpty ? (defaults.entryPoint ?? []) + (defaults.command ?? []) : spec.command
        guard !arguments.isEmpty else { throw .noCommand }
        let directory = spec.workingDirectory ?? defaults.workingDirectory ?? "/"
        var process = ProcessSpec(
            arguments: arguments, environment: environment(spec, defaults),
            workingDirectory: directory.isEmpty ? "/" : directory, user: 0, group: 0)
        try process.check()
        let user = ImageUser(defaults.user ?? "")
        try user.checkLength()
        let look = ProgramLook(process: process, spec: spec, mounts: mounts, unpacker: unpacker, run: run)
        let (identity, failure) = try look.answer(user, in: entry.rootfs)
        (process.user, process.group, process.groups) = (identity.user, identity.group, identity.groups)
        process.failure = failure
        if let signal = defaults.stopSignal, !signal.isEmpty {
            guard let number = SignalName.number(of: signal) else {
                throw .unusableConfig(field: "StopSignal", reason: "`\(UnpackReport.shown(signal))` is no signal")
            }
            process.stopSignal = number
        }
        return process
    }

    private static func environment(_ spec: JobSpec, _ defaults: ImageConfig.Defaults) -> [String] {
        var environment = defaultEnvironment
        for line in defaults.environment ?? [] {
            let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // bounded here: two parts, counted first; a dictionary
            if pair.count == 2, !pair[0].isEmpty { environment[String(pair[0])] = String(pair[1]) }
        }
        environment.merge(spec.environment) { _, job in job }
        return environment.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// What the job itself says was checked before; what its image adds is a stranger's too.
    private func check() throws(ImageError) {
        try Self.check([("Entrypoint", arguments), ("Env", environment), ("WorkingDir", [workingDirectory])])
        guard workingDirectory.hasPrefix("/") else {
            throw .unusableConfig(field: "WorkingDir", reason: "must begin with `/`")
        }
    }

    /// Whether the kernel takes such strings, each list together.
    static func check(_ fields: [(name: String, strings: [String])]) throws(ImageError) {
        for (field, strings) in fields {
            guard !strings.contains(where: { $0.utf8.contains(0) }) else {
                throw .unusableConfig(field: field, reason: "a zero byte cannot be passed to a program")
            }
            // bounded here: texts in memory
            let bytes = strings.map(\.utf8.count)
            guard bytes.reduce(0, +) <= SandboxLimits.commandBytesMax,
                bytes.allSatisfy({ $0 < SandboxLimits.argumentBytesMax })
            else {
                let (all, one) = (SandboxLimits.commandBytesMax, SandboxLimits.argumentBytesMax)
                throw .unusableConfig(
                    field: field,
                    reason: "over \(NumberText.count(all, "byte")), or one string over \(NumberText.count(one))")
            }
        }
    }
}
