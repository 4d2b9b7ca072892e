import FoundationEssentials
import GCXJSON
import GCXModel
import Glibc

/// Keystores on disk: mode 0600, written whole or not at all, never over another key.
package enum KeystoreFile {
    /// Writes a new file and does not return before the file and its directory entry are on disk.
    ///
    /// - Throws: ``KeystoreError/fileExists(path:)`` or ``KeystoreError/file(operation:path:errno:)``; then nothing is
    ///   left at `path`, nor beside it.
    package static func write(_ keystore: KeystoreV3, to path: String) throws(KeystoreError) {
        let draft = path + ".\(UUID().uuidString).new"
        defer { unsafe unlink(draft) }
        try writeDraft(try encode(keystore), to: draft, for: path)
        // link, unlike rename, refuses to replace what is there.
        guard unsafe link(draft, path) == 0 else {
            throw errno == EEXIST ? .fileExists(path: path) : .file(operation: "link", path: path, errno: errno)
        }
        try synchronizeDirectory(of: path)
    }

    /// Reads a file and opens the key in it.
    ///
    /// - Throws: what ``read(_:)`` throws; ``KeystoreError/inFile(path:_:)`` when the key in it cannot be opened.
    /// - Complexity: the cost written in the file, usually about a second and 256 MiB.
    package static func unlock(_ path: String, password: String) throws(KeystoreError) -> PrivateKey {
        let keystore = try read(path)
        do { return try Keystore.decrypt(keystore, password: password) } catch { throw .inFile(path: path, error) }
    }

    /// Reads a file without opening the key in it.
    ///
    /// - Throws: what ``SecretFile/read(_:bytesMax:)`` throws, and ``KeystoreError/notAKeystore(reason:)`` in the file's name.
    package static func read(_ path: String) throws(KeystoreError) -> KeystoreV3 {
        let bytes = try SecretFile.read(path, bytesMax: Limits.keystoreFileBytesMax)
        do { return try decode(bytes) } catch { throw .inFile(path: path, error) }
    }

    /// - Throws: ``KeystoreError/notAKeystore(reason:)``.
    package static func decode(_ bytes: [UInt8]) throws(KeystoreError) -> KeystoreV3 {
        do {
            // Wallets add fields of their own.
            return try StrictJSON.decode(KeystoreV3.self, from: bytes, unknownFields: .tolerated)
        } catch {
            throw .notAKeystore(reason: error.description)
        }
    }

    private static func encode(_ keystore: KeystoreV3) throws(KeystoreError) -> [UInt8] {
        guard let data = try? CanonicalJSON.readable(keystore) else {
            preconditionFailure("text and integers always encode")
        }
        return data + [UInt8(ascii: "\n")]
    }

    private static func writeDraft(_ bytes: [UInt8], to draft: String, for path: String) throws(KeystoreError) {
        // Born with its final mode, so that there is no moment in which others can open it; umask only takes away.
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "create", path: path, errno: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .file(operation: "write", path: path, errno: errno) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .file(operation: "fsync", path: path, errno: errno) }
    }

    private static func synchronizeDirectory(of path: String) throws(KeystoreError) {
        // bounded: up to a place that was found in the path
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let descriptor = unsafe open(String(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(operation: "open directory of", path: path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(operation: "fsync directory of", path: path, errno: errno) }
    }
}

/// The kernel's words for an errno, and its number.
func describe(errno code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "errno \(code)" }
    return unsafe "\(String(cString: text)) (errno \(code))"
}
