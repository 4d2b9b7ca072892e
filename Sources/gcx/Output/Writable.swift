import GCXLinux
import GCXModel
import Glibc

/// Places that a command writes to when it is through: asked before the work, so that minutes of it are not thrown away.
enum Writable {
    /// - Throws: ``CommandError`` where no file of that name could be made.
    static func requireFile(_ path: String) throws {
        guard !isDirectory(path) else {
            throw CommandError("\(path) is a directory", fix: "Name a file in it.")
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.dropLast().joined(separator: "/")
        let folder = parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent
        try requireDirectory(folder, for: path)
        guard unsafe access(folder, W_OK | X_OK) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw CommandError(
                "\(path) cannot be made in \(folder): \(reason)", fix: "Name a place that you may write to.")
        }
    }

    /// For what is never replaced.
    static func requireNewFile(_ path: String) throws {
        try requireFile(path)
        guard !Files.exists(path) else {
            throw CommandError("\(path) is there already", fix: "Name another file, or remove that one.")
        }
    }

    /// - Parameter file: what is to be made in it, for the message.
    static func requireDirectory(_ path: String, for file: String) throws {
        guard isDirectory(path) else {
            throw CommandError(
                "\(file) cannot be made: there is no directory \(path)", fix: "Make it, or name another place.")
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension RemediedError {
    /// What a person can do about it, as a sentence.
    var instruction: String {
        switch remedy {
        case .fix(let text): text
        case .retry(let after): "Try again in \(after.words)."
        case .refuse: "Name another file."
        }
    }
}
