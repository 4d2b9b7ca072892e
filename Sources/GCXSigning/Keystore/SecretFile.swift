import GCXModel
import Glibc

/// Files that hold a secret: keystores and passwords. One that others may read is not read here, so that its owner learns
/// of it from us and not from a thief.
package enum SecretFile {
    /// The bytes of a secret.
    ///
    /// A pipe (`/dev/fd/63`) has no permissions that would outlive it, and is read as it is. A credential of systemd is
    /// shown as mode 0440 where an access list lets the service read it, so below `$CREDENTIALS_DIRECTORY` its group may.
    ///
    /// - Throws: ``KeystoreError/fileExposed(path:mode:)``, ``KeystoreError/fileTooLarge(path:bytes:)`` or
    ///   ``KeystoreError/file(operation:path:errno:)``.
    package static func read(_ path: String, bytesMax: Int) throws(KeystoreError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(operation: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .file(operation: "stat", path: path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFREG {
            let mode = status.st_mode & 0o777
            let forbidden: mode_t = isCredential(path) ? 0o027 : 0o077
            guard mode & forbidden == 0 else { throw .fileExposed(path: path, mode: mode) }
            // bounded: a file's size is signed and of 64 bits
            guard status.st_size <= bytesMax else { throw .fileTooLarge(path: path, bytes: Int(status.st_size)) }
        }
        return try readAll(descriptor, path: path, bytesMax: bytesMax)
    }

    /// The first line of a file, which is a password.
    ///
    /// - Throws: ``KeystoreError/passwordUnusable(path:reason:)`` for a line that no keyboard gives.
    package static func password(_ path: String) throws(KeystoreError) -> String {
        let bytes: [UInt8]
        do { bytes = try read(path, bytesMax: Limits.passwordFileBytesMax) } catch .fileTooLarge {
            throw .passwordUnusable(
                path: path, reason: "is longer than \(NumberText.count(Limits.passwordFileBytesMax, "byte"))")
        } catch .file(_, _, let number) where number == ENOENT {
            throw .passwordUnusable(path: path, reason: "is not there")
        }
        guard !bytes.isEmpty else { throw .passwordUnusable(path: path, reason: "is empty") }
        guard let line = String(validating: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) else {
            throw .passwordUnusable(path: path, reason: "is not UTF-8")
        }
        if let found = line.unicodeScalars.first(where: { $0.properties.generalCategory == .control }) {
            throw .passwordUnusable(
                path: path, reason: "has the control character 0x\(String(found.value, radix: 16)) in its first line")
        }
        return line
    }

    private static func isCredential(_ path: String) -> Bool {
        guard let directory = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }),
            directory.hasPrefix("/")
        else { return false }
        return path.hasPrefix(directory + "/") && !path.split(separator: "/").contains("..")
    }

    private static func readAll(_ descriptor: Int32, path: String, bytesMax: Int) throws(KeystoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file(operation: "read", path: path, errno: errno) }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)  // bounded: joins bytes, 4,096 at most beyond `bytesMax`
            // The file may grow after fstat, and a device has no size.
            guard bytes.count <= bytesMax else { throw .fileTooLarge(path: path, bytes: bytes.count) }
        }
    }
}
