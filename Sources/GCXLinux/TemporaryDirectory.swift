import Glibc

/// A directory for files that only this process needs, readable by nobody else. It goes with this value, and all that is in it.
package struct TemporaryDirectory: ~Copyable, Sendable {
    package let path: String

    /// - Parameters:
    ///   - name: how its name begins.
    ///   - folder: where it is made; nil takes the place for such files, `$TMPDIR` or `/tmp`.
    package init(_ name: String, in folder: String? = nil) throws(LinuxError) {
        let place = unsafe folder ?? getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(place)/\(name)-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw .systemCall(operation: "mkdtemp", object: place, errno: errno)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Files.removeTree(path) }

    /// The same for who wants to know that it is gone.
    package consuming func remove() throws(LinuxError) { try Files.removeTree(path) }
}
