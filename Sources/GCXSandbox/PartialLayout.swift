import GCXLinux
import GCXModel
import Glibc

/// What is there of an image that is being pulled: an image layout whose layers come one after the other.
///
/// It stays when a pull breaks, and the next one fetches only what is missing.
struct PartialLayout {
    let path: String

    var blobs: String { "\(path)/blobs/sha256" }
    /// Where skopeo keeps what it needs meanwhile, and what it takes for the home of its user.
    var scratch: String { "\(path)/tmp" }

    func blob(_ digest: String) -> String { "\(blobs)/\(digest)" }

    /// Makes the directories, and removes halves of blobs that a tool left when it was killed.
    func prepare() throws(LinuxError) {
        try Files.makeDirectories(blobs)
        for name in try Files.names(in: path) where name != "blobs" { try Files.removeTree("\(path)/\(name)") }
        try Files.makeDirectory(scratch)
    }

    func holds(_ digest: String) -> Bool { Files.exists(blob(digest)) }

    /// Keeps a document under the digest that was asked for, when it is that.
    func keep(_ bytes: [UInt8], as digest: String, of image: String) throws(ImageError) {
        guard SHA256Hex.of(bytes) == digest else { throw .digestMismatch(digest: "sha256:\(digest)", path: image) }
        try imaged { () throws(LinuxError) in try DurableFile.replace(blob(digest), with: bytes) }
    }

    /// Bytes in it. Cost: a stat for each of a hundred files at most.
    var bytes: UInt64 {
        [path, blobs, scratch].reduce(0) { sum, directory in
            let names = (try? Files.names(in: directory)) ?? []
            return names.reduce(sum) { $0.saturatingSum(Disk.size(of: "\(directory)/\($1)") ?? 0) }
        }
    }
}
