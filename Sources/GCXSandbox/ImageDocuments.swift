import GCXModel

/// The documents of an OCI image, as far as a job needs them.
///
/// Source: OCI image specification 1.1, `image-layout.md`, `image-index.md`, `manifest.md`, `config.md`.
struct ImageIndex: Codable, Equatable {
    var schemaVersion: Int
    var manifests: [Descriptor]

    /// What stands in the file `oci-layout`.
    static let layoutFile = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    struct Header: Codable {
        static let version = "1.0.0"
        var imageLayoutVersion: String
    }

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
        /// What a builder says about an image beside it, and what is made for no machine.
        var isAttestation: Bool { platform?.os == "unknown" || annotations?.keys.contains(Self.referenceKey) == true }
        private static let referenceKey = "vnd.docker.reference.type"
    }

    /// What an entry of an index is made for; names are those of Go.
    struct Platform: Codable, Equatable {
        var architecture: String
        var os: String
        /// `v2` of amd64, say: the generation of processors from which on it runs.
        var variant: String?
        var features: [String]?

        enum CodingKeys: String, CodingKey {
            case architecture, os, variant
            case features = "os.features"
        }

        static let ours = Platform(architecture: ImageMachine.ownArchitecture, os: "linux")
    }
}

struct ImageManifest: Codable, Equatable {
    var schemaVersion: Int
    var mediaType: String?
    var config: ImageIndex.Descriptor
    var layers: [ImageIndex.Descriptor]
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
    package var variant: String?
    package var features: [String]?
    package var config: Defaults?
    var rootfs: RootFilesystem?

    enum CodingKeys: String, CodingKey {
        case architecture, os, variant, config, rootfs
        case features = "os.features"
    }

    /// What the layers come to, in the configuration's own words.
    struct RootFilesystem: Codable, Equatable, Sendable {
        var type: String?
        /// One a layer.
        var layers: [String]?

        enum CodingKeys: String, CodingKey {
            case type
            case layers = "diff_ids"
        }
    }

    package struct Defaults: Codable, Equatable, Sendable {
        package var user: String?
        package var environment: [String]?
        package var entryPoint: [String]?
        package var command: [String]?
        package var workingDirectory: String?
        package var stopSignal: String?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entryPoint = "Entrypoint"
            case command = "Cmd"
            case workingDirectory = "WorkingDir"
            case stopSignal = "StopSignal"
        }

        package init(
            user: String? = nil, environment: [String]? = nil, entryPoint: [String]? = nil, command: [String]? = nil,
            workingDirectory: String? = nil, stopSignal: String? = nil
        ) {
            self.user = user
            self.environment = environment
            self.entryPoint = entryPoint
            self.command = command
            self.workingDirectory = workingDirectory
            self.stopSignal = stopSignal
        }
    }
}
