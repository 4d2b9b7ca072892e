package import GCXLinux
import GCXModel
import Glibc

/// The verbs on files that the caller itself has named, never a stranger.
extension Unpacker {
    /// Reads the archive of that name to its end; see ``inspect(_:label:rules:limits:run:)``.
    ///
    /// - Parameter mayBeLink: true for a path that a person gave.
    package func inspect(
        file path: String, mayBeLink: Bool = false, rules: ArchiveRules, limits: ArchiveLimits, run: Run = Run()
    ) throws(ImageError) -> Contents {
        let archive = try Self.openArchive(path, mayBeLink: mayBeLink)
        return try inspect(archive, label: path, rules: rules, limits: limits, run: run)
    }

    /// Unpacks the archive of that name into a directory that is not there yet. On an error nothing is left of it.
    @discardableResult
    package func unpack(
        file path: String, mayBeLink: Bool = false, into target: String, rules: ArchiveRules, limits: ArchiveLimits,
        owner: Owner = .nobody, run: Run = Run()
    ) throws(ImageError) -> Contents {
        let archive = OpenFile(try Self.openArchive(path, mayBeLink: mayBeLink))
        return try unpack(archive, into: target, label: path, rules: rules, limits: limits, owner: owner, run: run)
    }

    /// The same for an archive that is open.
    ///
    /// - Parameter label: what errors call it.
    @discardableResult
    package func unpack(
        _ archive: OpenFile, into target: String, label: String, rules: ArchiveRules, limits: ArchiveLimits,
        owner: Owner = .nobody, run: Run = Run()
    ) throws(ImageError) -> Contents {
        guard unsafe mkdir(target, 0o755) == 0 else {
            throw .linux(.systemCall(operation: "mkdir", object: target, errno: errno))
        }
        do throws(ImageError) {
            let directory = try Self.directory(target)
            return try unpack(
                archive.file, into: directory, label: label, rules: rules, limits: limits, owner: owner, run: run)
        } catch {
            try? Files.removeTree(target)
            throw error
        }
    }

    /// Packs a directory into an archive of that name, in the place of one that is there. On an error none is left.
    @discardableResult
    package func pack(
        directory path: String, into archive: String, rules: ArchiveRules = .output, limits: ArchiveLimits = .own,
        ids: IDMap? = nil, run: Run = Run()
    ) throws(ImageError) -> Contents {
        let directory = try Self.directory(path)
        let file = try imaged { () throws(LinuxError) in
            try Files.remove(archive)
            return try FileDescriptor.open(archive, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        }
        do throws(ImageError) {
            return try pack(directory, into: file.number, label: path, rules: rules, limits: limits, ids: ids, run: run)
        } catch {
            try? Files.remove(archive)
            throw error
        }
    }

    static func directory(_ path: String) throws(ImageError) -> FileDescriptor {
        try imaged { () throws(LinuxError) in try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY) }
    }

    static func openArchive(_ path: String, mayBeLink: Bool) throws(ImageError) -> FileDescriptor {
        do throws(LinuxError) {
            return try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK | (mayBeLink ? 0 : O_NOFOLLOW))
        } catch .systemCall(_, _, ENOENT) {
            throw .notFound(path: path, tag: nil)
        } catch .systemCall(_, _, ELOOP) {
            throw .notAnImage(path: path, reason: "it is a link")
        } catch {
            throw .linux(error)
        }
    }
}

extension Unpacker.Contents {
    /// One sentence about what was left out; nil when nothing was.
    package var omission: String? {
        guard leftOutCount > 0 else { return nil }
        let named = leftOut.map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
        // bounded: the smaller from the larger
        let more = leftOutCount > leftOut.count ? " and \(leftOutCount - leftOut.count) more" : ""
        return "\(NumberText.count(leftOutCount, "entry", one: "was", many: "were")) left out: \(named)\(more)"
    }
}
