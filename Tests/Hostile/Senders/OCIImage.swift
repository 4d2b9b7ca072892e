import GCXLinux

/// An OCI layout as an archive, whose every byte can be another.
///
/// Source: OCI image specification 1.1, `image-layout.md`, `manifest.md`, `config.md`.
package struct OCIImage {
    package static let tarLayer = "application/vnd.oci.image.layer.v1.tar"
    package static let gzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let zstdLayer = "application/vnd.oci.image.layer.v1.tar+zstd"

    /// The bytes of each layer as they are stored, and what the manifest says of them.
    package var layers: [(bytes: [UInt8], mediaType: String)]
    /// Digest of each layer as it is unpacked; nil takes those of the bytes.
    package var diffIDs: [String]?
    package var config: String?
    /// Whom the configuration names as its user.
    package var user: String?
    /// Changes the manifest's text before it gets its digest.
    package var editManifest: (String) -> String = { $0 }
    package var editIndex: (String) -> String = { $0 }
    /// Changes the archive's entries before they are packed.
    package var edit: ([TarEntry]) -> [TarEntry] = { $0 }

    /// - Parameter layers: uncompressed archives, the lowest first.
    package init(_ layers: [[UInt8]]) { self.layers = layers.map { ($0, Self.tarLayer) } }

    package static func blob(_ bytes: [UInt8]) -> String { "blobs/sha256/\(SHA256Hex.of(bytes))" }

    package static func descriptor(_ bytes: [UInt8], _ mediaType: String) -> String {
        #"{"mediaType":"\#(mediaType)","digest":"sha256:\#(SHA256Hex.of(bytes))","size":\#(bytes.count)}"#
    }

    private var configText: String {
        let ids = (diffIDs ?? layers.map { "sha256:\(SHA256Hex.of($0.bytes))" }).map { "\"\($0)\"" }
        #if arch(x86_64)
            let architecture = "amd64"
        #else
            let architecture = "arm64"
        #endif
        let named = user.map { #","User":"\#($0)""# } ?? ""
        return #"{"architecture":"\#(architecture)","os":"linux","config":{"Env":["PATH=/bin"]\#(named)},"#
            + #""rootfs":{"type":"layers","diff_ids":[\#(ids.joined(separator: ","))]}}"#
    }

    package var archive: [UInt8] {
        let config = Array((config ?? configText).utf8)
        let layerTexts = layers.map { Self.descriptor($0.bytes, $0.mediaType) }.joined(separator: ",")
        let manifest = Array(
            editManifest(
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":"#
                    + Self.descriptor(config, "application/vnd.oci.image.config.v1+json")
                    + #","layers":[\#(layerTexts)]}"#
            ).utf8)
        let index = editIndex(
            #"{"schemaVersion":2,"manifests":["#
                + Self.descriptor(manifest, "application/vnd.oci.image.manifest.v1+json") + "]}")
        let entries =
            [
                TarEntry.file("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#), TarEntry.file("index.json", index),
                .folder("blobs/"), .folder("blobs/sha256/"),
            ]
            + ([config, manifest] + layers.map(\.bytes)).map { TarEntry(Self.blob($0), content: $0) }
        return TarEntry.archive(edit(entries))
    }
}
