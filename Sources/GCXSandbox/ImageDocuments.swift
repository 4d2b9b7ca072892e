import GCXModel

/// The documents of an OCI image, as far as a job needs them.
///
/// Source: OCI image specification 1.1, `image-layout.md`, `image-index.md`, `manifest.md`, `config.md`.
struct ImageIndex: Codable, Equatable {
    var schemaVersion: Int
    var manifests: [Descriptor]

    /// What stands in the file `oci-layout`.
    static let layoutFile = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    struct Descriptor: Codable, Equatable {
        var mediaType: String?
        var digest: String
        var size: UInt64
        var annotations: [String: String]?
        var platform: Platform?
        /// Places outside the registry that a tool would fetch the blob from.
        var urls: [String]?

        static let tagKey = "org.opencontainers.image.ref.name"
        var tag: String? { annotations?[Self.tagKey] }  // bounded: a dictionary
        var isIndex: Bool { MediaType.indexes.contains(mediaType ?? "") }
    }

    struct Platform: Codable, Equatable {
        var architecture: String
        var os: String

        #if arch(x86_64)
            static let ours = Platform(architecture: "amd64", os: "linux")
        #else
            static let ours = Platform(architecture: "arm64", os: "linux")
        #endif
    }
}

struct ImageManifest: Codable, Equatable {
    var schemaVersion: Int
    var mediaType: String?
    var config: ImageIndex.Descriptor
    var layers: [ImageIndex.Descriptor]

    /// Looks whether the layers are of kinds that can be unpacked.
    ///
    /// - Throws: ``ImageError/notAnImage(path:reason:)`` for a layer that is not.
    func checkLayers(_ path: String) throws(ImageError) {
        for layer in layers {
            let type = layer.mediaType ?? MediaType.layer
            guard MediaType.layers.contains(type) else {
                throw .notAnImage(path: path, reason: "a layer is of the kind `\(PlainText.excerpt(type))`")
            }
        }
    }
}

/// Names of the kinds of documents and layers, OCI's and Docker's.
///
/// Source: OCI image specification 1.1, `media-types.md`; distribution, "Image Manifest Version 2, Schema 2".
enum MediaType {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let indexes: Set = [index, "application/vnd.docker.distribution.manifest.list.v2+json"]
    static let manifests: Set = [manifest, "application/vnd.docker.distribution.manifest.v2+json"]
    /// What can be unpacked; how a layer is compressed is seen from its own first bytes.
    static let layers: Set = [
        layer, "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]
}

/// What a document of unknown kind says it is: an index has `manifests`, a manifest has `layers`.
struct ImageDocumentKind: Decodable {
    var mediaType: String?
    var hasManifests: Bool
    var hasLayers: Bool

    private enum CodingKeys: String, CodingKey { case mediaType, manifests, layers, fsLayers, config }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
        hasManifests = container.contains(.manifests)
        hasLayers = [.layers, .fsLayers, .config].contains { container.contains($0) }
    }
}

/// How an image wants to be run, and for which machine it was made.
package struct ImageConfig: Codable, Equatable, Sendable {
    package var architecture: String?
    package var os: String?
    package var config: Defaults?

    package struct Defaults: Codable, Equatable, Sendable {
        package var user: String?
        package var environment: [String]?
        package var entryPoint: [String]?
        package var command: [String]?
        package var workingDirectory: String?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entryPoint = "Entrypoint"
            case command = "Cmd"
            case workingDirectory = "WorkingDir"
        }

        package init(
            user: String? = nil, environment: [String]? = nil, entryPoint: [String]? = nil, command: [String]? = nil,
            workingDirectory: String? = nil
        ) {
            self.user = user
            self.environment = environment
            self.entryPoint = entryPoint
            self.command = command
            self.workingDirectory = workingDirectory
        }
    }
}
