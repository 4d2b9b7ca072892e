/// The documents of an OCI image, as far as a job needs them.
///
/// Source: OCI image specification 1.1, `image-layout.md`, `image-index.md`, `manifest.md`, `config.md`.
struct ImageIndex: Codable, Equatable {
    var schemaVersion: Int
    var manifests: [Descriptor]

    struct Descriptor: Codable, Equatable {
        var mediaType: String?
        var digest: String
        var size: UInt64
        var annotations: [String: String]?
        var platform: Platform?

        static let tagKey = "org.opencontainers.image.ref.name"
        var tag: String? { annotations?[Self.tagKey] }
        var isIndex: Bool { mediaType == "application/vnd.oci.image.index.v1+json" }
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
    var config: ImageIndex.Descriptor
    var layers: [ImageIndex.Descriptor]
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
