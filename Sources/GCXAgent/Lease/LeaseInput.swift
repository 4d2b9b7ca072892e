import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc

/// A job's input.
struct LeaseInput: Sendable {
    /// The archive.
    var file: OpenFile
    /// SHA-256 of the archive, 64 hexadecimal digits.
    var digest: String
    /// Bytes of the archive.
    var bytes: UInt64
}

extension JobInput {
    /// Looks at what can be looked at before anything is fetched.
    ///
    /// - Parameter allowed: beginnings of the addresses that the owner lets inputs be fetched from.
    func check(allowed: [String]) throws(AgentError) {
        guard digest.utf8.count == 64, digest.allSatisfy({ "0123456789abcdef".contains($0) }) else {
            throw .badRequest("the input's digest is not SHA-256 in 64 lower-case hexadecimal digits")
        }
        guard let url else { return }
        let isPlain = url.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 32 && $0 != "\"" && $0 != "\\" }
        // `https://allowed/../elsewhere` begins as allowed.
        guard isPlain, url.utf8.count <= AgentLimits.urlBytesMax, !url.contains("/.."),
            !url.lowercased().contains("%2e")
        else { throw .badRequest("the input's address is not a plain https address") }
        guard allowed.contains(where: { url.hasPrefix($0) }) else {
            throw .badRequest(
                "this machine fetches no input from there; "
                    + (allowed.isEmpty
                        ? "its owner allows no address" : "it does from \(allowed.joined(separator: ", "))"))
        }
    }
}

extension LeaseUploads {
    /// The input, fetched where it is to be and compared with its digest; nil when there is none.
    ///
    /// - Throws: `AgentError.inputRefused` for an input that is not what the request says.
    func input(
        _ wanted: JobInput?, _ settings: AgentSettings, by reader: SentReader
    ) async throws(AgentError) -> LeaseInput? {
        if let url = wanted?.url, try await placed(.input, by: reader) == nil {
            try prepare()
            try await download(url, settings, reader)
        }
        guard let (upload, file) = try await placed(.input, by: reader) else {
            guard wanted == nil else {
                throw .inputRefused(
                    "no input was uploaded for this lease", remedy: "Upload one with `gcx job run --input`.")
            }
            return nil
        }
        if let wanted, wanted.digest != upload.digest {
            throw .inputRefused(
                "it is sha256:\(upload.digest), and sha256:\(wanted.digest) was asked for",
                remedy: "Send the archive that the digest is of.")
        }
        return LeaseInput(file: file, digest: upload.digest, bytes: upload.file.bytes)
    }

    /// Fetches with curl, which goes on where an earlier try stopped.
    ///
    /// The address stands in a file and not in the arguments, which others could see: it may hold a signature. There are
    /// no redirects: they could lead into the provider's own network.
    private func download(_ url: String, _ settings: AgentSettings, _ reader: SentReader) async throws(AgentError) {
        let partial = "\(directory)/input.part"
        let most = settings.inputBytesMax
        do throws(LinuxError) {
            // The curl of an agent that was killed may still write; what it writes to is nobody's file from now on.
            if Files.exists(partial), try Files.hasWriters(partial) != false { try Files.remove(partial) }
            let configuration = "\(directory)/curl.conf"
            try DurableFile.replace(configuration, with: "url = \"\(url)\"\n".utf8)
            defer { unsafe unlink(configuration) }
            let tool = Self.curl(configuration, into: partial, settings)
            try await blocking { () throws(LinuxError) in
                do throws(LinuxError) {
                    try run(tool, bytesMax: most, partial)
                } catch .toolFailed(_, Self.cannotResume, _) {
                    // The server gives no part of a file, so it is begun again.
                    unsafe unlink(partial)
                    try run(tool, bytesMax: most, partial)
                }
            }
        } catch .outputTooLarge(Self.diskGuard, _) {
            unsafe unlink(partial)
            throw .noRoom("the input would take what the disk has promised to others or keeps in reserve")
        } catch {
            throw .inputRefused(
                "it could not be fetched: \(ForeignError.words(error))",
                remedy: "Check the address, or upload the input.")
        }
        let upload = try await seal(partial, reader)
        try record(upload, try store.uploads(of: lease)[.input], while: .starting)
    }

    /// What was fetched, without a right to write, hashed, and under the name of its digest, like what was uploaded.
    private func seal(_ partial: String, _ reader: SentReader) async throws(AgentError) -> SealedUpload {
        let (file, identity): (OpenFile, FileIdentity)
        do throws(LinuxError) {
            file = try Self.open(partial)
            guard fchmod(file.number, 0o400) == 0, fsync(file.number) == 0 else {
                throw .systemCall(operation: "seal", object: partial, errno: errno)
            }
            guard try Files.hasWriters(partial) != true else {
                throw .malformed(object: partial, reason: "somebody else writes to it")
            }
            identity = try FileIdentity(of: file.number, partial)
        } catch { throw .storage(Untrusted(error.description)) }
        let upload = SealedUpload(kind: .input, digest: try await reader.digest(of: file, .input), file: identity)
        do throws(LinuxError) {
            guard unsafe rename(partial, path(of: upload)) == 0 else {
                throw .systemCall(operation: "rename", object: partial, errno: errno)
            }
            try DurableFile.syncDirectory(of: partial)
        } catch { throw .storage(Untrusted(error.description)) }
        return upload
    }

    private static func curl(_ configuration: String, into partial: String, _ settings: AgentSettings) -> ChildProcess {
        var arguments = [
            "--config", configuration, "--silent", "--show-error", "--fail", "--proto", "=https", "--max-redirs", "0",
            "--max-filesize", "\(settings.inputBytesMax)", "--connect-timeout", "10", "--speed-limit", "1",
            "--speed-time", "30", "--retry", "3", "--retry-connrefused", "--continue-at", "-", "--output", partial,
        ]
        if !settings.jobs.inputCertificates.isEmpty { arguments += ["--cacert", settings.jobs.inputCertificates] }
        return ChildProcess("curl", arguments, timeout: AgentLimits.downloadTimeout)
    }

    private func run(_ tool: ChildProcess, bytesMax: UInt64, _ partial: String) throws(LinuxError) {
        let outcome = try tool.outcome { () throws(LinuxError) in
            if let left = try? room.left(for: lease), left == 0 {
                throw .outputTooLarge(tool: Self.diskGuard, limitBytes: 0)
            }
            if let size = Disk.size(of: partial), size > bytesMax {
                throw .outputTooLarge(tool: "curl", limitBytes: Int(clamping: bytesMax))
            }
        }
        guard outcome.status == .exited(0) else {
            throw .toolFailed(tool: "curl", status: outcome.status.code, output: outcome.errorLine)
        }
    }

    /// Names what ended a download for want of room.
    private static let diskGuard = "curl, by the disk's reserve"
    /// curl's exit status for a server that answers no range (CURLE_RANGE_ERROR).
    private static let cannotResume: Int32 = 33
}
