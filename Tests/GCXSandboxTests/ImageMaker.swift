import FoundationEssentials
import GCXModel

@testable import GCXLinux
@testable import GCXSandbox

/// An image layout that is written document by document, as strangers write them.
final class ImageMaker {
    let folder: ArchiveFolder
    var path: String { folder.out }
    /// The documents of the image, to be changed before it is written.
    var config: [String: Any] = ["architecture": ImageMachine.ownArchitecture, "os": "linux"]
    var manifest: [String: Any] = ["schemaVersion": 2, "mediaType": MediaType.manifest]
    var configType = MediaType.config
    var layers: [(bytes: [UInt8], type: String)] = []

    init(layers: [[UInt8]] = [EvilEntry.archive([EvilEntry(name: "f")])]) throws {
        folder = try ArchiveFolder()
        self.layers = layers.map { ($0, "application/vnd.oci.image.layer.v1.tar") }
        try Files.makeDirectories("\(folder.out)/blobs/sha256")
        try DurableFile.write(ImageIndex.layoutFile, to: "\(path)/oci-layout")
    }

    static func json(_ value: Any) throws -> [UInt8] {
        try JSONText.bytes(value)
    }

    /// Keeps a blob, and answers its descriptor.
    func put(_ bytes: [UInt8], _ type: String) throws -> [String: Any] {
        let digest = SHA256Hex.of(bytes)
        try DurableFile.write(bytes, to: "\(path)/blobs/sha256/\(digest)")
        return ["mediaType": type, "digest": "sha256:\(digest)", "size": bytes.count]
    }

    /// Keeps the image's documents and layers, and answers the descriptor of its manifest.
    func put() throws -> [String: Any] {
        var written = manifest
        if written["config"] == nil { written["config"] = try put(Self.json(config), configType) }
        if written["layers"] == nil { written["layers"] = try layers.map { try put($0.bytes, $0.type) } }
        return try put(Self.json(written), manifest["mediaType"] as? String ?? MediaType.manifest)
    }

    /// Writes `index.json`.
    func write(_ entries: [[String: Any]], _ change: (inout [String: Any]) -> Void = { _ in }) throws {
        var index: [String: Any] = ["schemaVersion": 2, "manifests": entries]
        change(&index)
        try DurableFile.write(Self.json(index), to: "\(path)/index.json")
    }

    /// Writes the image alone.
    @discardableResult
    func write() throws -> Self {
        try write([try put()])
        return self
    }

    func source(_ tag: String? = nil) -> ImageSource { .ociLayout(path: path, tag: tag) }

    /// The image as a machine of this kind sees it.
    func image(for machine: ImageMachine = ImageMachine()) throws -> ImageLayout.Image {
        try ImageLayout(path: path, machine: machine).image(tag: nil)
    }
}

/// Values as JSON, whatever they are.
enum JSONText {
    static func bytes(_ value: Any) throws -> [UInt8] { Array(try text(value).utf8) }

    private static func text(_ value: Any) throws -> String {
        switch value {
        case let text as String: return String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
        case let flag as Bool: return flag ? "true" : "false"
        case let number as any BinaryInteger: return "\(number)"
        case let list as [Any]: return "[\(try list.map(text).joined(separator: ","))]"
        case let map as [String: Any]:
            return
                "{\(try map.sorted { $0.key < $1.key }.map { "\(try text($0.key)):\(try text($0.value))" }.joined(separator: ","))}"
        default: throw LinuxError.malformed(object: "a test's document", reason: "it has a \(type(of: value))")
        }
    }
}
