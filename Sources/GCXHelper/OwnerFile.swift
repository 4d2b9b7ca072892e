package import GCXConfig
import GCXLinux
import GCXModel
import Glibc

/// The owner's file, which says what jobs may have: nobody who is judged by it may write it, and it counts only as a whole.
package struct OwnerFile: Sendable {
    package let path: String
    private let sources: ConfigurationSources

    /// - Parameter sources: what goes before the file.
    package init(path: String, sources: ConfigurationSources = .process) {
        (self.path, self.sources) = (path, sources)
    }

    /// Reads and checks it.
    ///
    /// Cost: ``HelperLimits/ownerFilePause`` at the least.
    /// - Parameter midway: called between two looks at it.
    package func configuration(midway: () -> Void = {}) throws(ConfigError) -> Configuration {
        let text: [UInt8]
        do throws(LinuxError) { text = try steadyBytes(midway) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        return try Configuration.parse(String(decoding: text, as: UTF8.self), name: path, sources: sources)
    }

    /// Half a file is a file with other limits, so it is looked at until it says the same twice.
    private func steadyBytes(_ midway: () -> Void) throws(LinuxError) -> [UInt8] {
        var last = try bytes()
        for _ in 0..<HelperLimits.ownerFileLooksMax {
            GCXLinux.pause(for: HelperLimits.ownerFilePause)
            midway()
            let next = try bytes()
            if next == last { return next }
            last = next
        }
        throw .malformed(object: path, reason: "it changes while it is read")
    }

    private func bytes() throws(LinuxError) -> [UInt8] {
        // Opening a queue would wait for its writer.
        let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
        let status = try file.status(path)
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(object: path, reason: "it is no plain file") }
        guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw .malformed(
                object: path,
                reason: "jobs are held to it, and others than root may write it: `chown root` and `chmod go-w` it")
        }
        return try Files.bytes(of: file, path)
    }
}
