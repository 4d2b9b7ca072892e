import GCXModel

/// Names of the kinds of documents and layers, OCI's and Docker's, and what becomes of each.
///
/// Source: OCI image specification 1.1, `media-types.md` and `layer.md`; distribution, "Image Manifest Version 2, Schema 2";
/// containers/ocicrypt for encrypted layers.
package enum MediaType {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let indexes: Set = [index, "application/vnd.docker.distribution.manifest.list.v2+json"]
    static let manifests: Set = [manifest, "application/vnd.docker.distribution.manifest.v2+json"]
    static let configs: Set = [config, "application/vnd.docker.container.image.v1+json"]
    /// What can be unpacked; how a layer is compressed is seen from its own first bytes.
    static let layers: Set = [
        layer, "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]
    /// Layers that are not to be handed on with their image, and so are hardly ever in it.
    static let undistributed: Set = [
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ]
    /// Ends the name of a layer that only who has a key can read.
    static let encrypted = "+encrypted"
    static let encryptedLayers: Set = [
        "application/vnd.oci.image.layer.v1.tar+encrypted", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.oci.image.layer.v1.tar+zstd+encrypted",
    ]
    /// Manifests of other times, and of what is no image.
    static let otherManifests: Set = [
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws", "application/vnd.oci.artifact.manifest.v1+json",
    ]
    /// Configurations of what is no image. Every kind that is not known is one of them.
    static let otherConfigs: Set = [
        "application/vnd.oci.empty.v1+json", "application/vnd.docker.plugin.v1+json",
    ]
    /// Names that stand in no document that is read here: of the descriptor itself and of the file `oci-layout`.
    static let unwritten: Set = [
        "application/vnd.oci.descriptor.v1+json", "application/vnd.oci.layout.header.v1+json",
    ]

    /// What becomes of an image in which something of the kind stands. The same word stands in the table of `Images.md`.
    package enum Fate: String, CaseIterable, Sendable {
        case honoured, refused
        /// It says nothing that a job here depends on.
        case passedOver = "passed over"
    }

    /// Every kind that is known here by its name.
    package static let known: [String: Fate] = {
        let honoured = [indexes, manifests, configs, layers].flatMap(\.self)
        let refused = [undistributed, encryptedLayers, otherManifests, otherConfigs].flatMap(\.self)
        // bounded here: joins lists
        let all = honoured.map { ($0, Fate.honoured) } + refused.map { ($0, .refused) }
        return Dictionary(uniqueKeysWithValues: all + unwritten.map { ($0, .passedOver) })
    }()

    /// Why a layer of the kind cannot be unpacked, and what to do; nil when it can.
    static func obstacle(ofLayer type: String) -> (reason: String, fix: String)? {
        if layers.contains(type) { return nil }
        let shown = PlainText.excerpt(type)
        if undistributed.contains(type) {
            return (
                "a layer is not handed on with the image (`\(shown)`)",
                "Build the image on a base all of whose layers may be distributed."
            )
        }
        if type.hasSuffix(encrypted) {
            return (
                "a layer is encrypted (`\(shown)`)",
                "Decrypt it: `skopeo copy --decryption-key KEY oci:DIR:TAG oci:NEW:TAG`, and run the copy."
            )
        }
        return (
            "a layer is of the kind `\(shown)`",
            "Build the image with layers of the kinds tar, tar+gzip or tar+zstd."
        )
    }
}
