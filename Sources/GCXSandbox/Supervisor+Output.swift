import GCXLinux
import GCXModel
import Glibc

extension Supervisor {
    /// What became of the job's output.
    struct PackedOutput {
        var bytes: UInt64?
        var digest: String?
        var problem: String?
    }

    /// Packs what the job left in its output, when it got far enough to have one. Who walks it has the job's own ids.
    ///
    /// The archive has no name while it is written, and is hashed once it is sealed, through the descriptor that it was
    /// written through: the bytes that the digest is of are the bytes that get the name, and they are on the disk before it.
    mutating func packOutput() throws(LinuxError) -> PackedOutput {
        guard startedAt != nil, try !Files.names(in: paths.output).isEmpty else { return PackedOutput() }
        try becomeHelper()
        var limits = ArchiveLimits.own
        limits.archiveBytesMax = plan.spec.outputBytesMax ?? .max
        let archive = try DraftFile(in: directory.path)
        let contents: Unpacker.Contents
        do throws(ImageError) {
            contents = try Unpacker.located().pack(
                try Unpacker.directory(paths.output), into: archive.number, label: paths.output, limits: limits,
                ids: plan.ids, run: Unpacker.Run(timeout: SandboxLimits.packTimeout))
        } catch .tooLarge(_, "the archive", let most) {
            // The job did what it wanted; that its output is too large is no failure of this machine.
            return PackedOutput(problem: "the output is larger than \(NumberText.count(most, "byte")) and was not kept")
        } catch .linux(let error) {
            throw error
        } catch {
            return PackedOutput(problem: "the output was not kept: \(error.description)")
        }
        let sealed = try archive.seal(mode: 0o440)
        let packed = try sealed.digest()
        try sealed.link(as: directory.output)
        let problem = contents.omission.map { "of the output, \($0)" }
        return PackedOutput(bytes: packed.bytes, digest: packed.hex, problem: problem)
    }
}
