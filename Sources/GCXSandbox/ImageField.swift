/// The fields of an image's documents, and what becomes of each. The same stands in the table of `Images.md`, with the test
/// of each.
///
/// Source: OCI image specification 1.1, `image-layout.md`, `image-index.md`, `descriptor.md`, `manifest.md`, `config.md`;
/// Docker's own fields of the configuration.
package enum ImageField {
    /// By the document and the field in it.
    package static let known: [String: [String: MediaType.Fate]] = [
        "oci-layout": [
            "imageLayoutVersion": .honoured
        ],
        "index": [
            "schemaVersion": .honoured,
            "mediaType": .honoured,
            "manifests": .honoured,
            "annotations": .honoured,
            "artifactType": .passedOver,
            "subject": .passedOver,
        ],
        "descriptor": [
            "mediaType": .honoured,
            "digest": .honoured,
            "size": .honoured,
            "urls": .refused,
            "annotations": .passedOver,
            "data": .passedOver,
            "artifactType": .passedOver,
        ],
        "platform": [
            "architecture": .honoured,
            "os": .honoured,
            "variant": .honoured,
            "os.version": .passedOver,
            "os.features": .refused,
        ],
        "manifest": [
            "schemaVersion": .honoured,
            "mediaType": .honoured,
            "config": .honoured,
            "layers": .honoured,
            "artifactType": .passedOver,
            "subject": .passedOver,
            "annotations": .passedOver,
        ],
        "config": [
            "created": .passedOver,
            "author": .passedOver,
            "os.version": .passedOver,
            "config.ExposedPorts": .passedOver,
            "config.Volumes": .passedOver,
            "config.Labels": .passedOver,
            "config.ArgsEscaped": .passedOver,
            "config.Memory": .passedOver,
            "config.MemorySwap": .passedOver,
            "config.CpuShares": .passedOver,
            "config.Healthcheck": .passedOver,
            "config.OnBuild": .passedOver,
            "config.Shell": .passedOver,
            "history": .passedOver,
            "architecture": .honoured,
            "os": .honoured,
            "variant": .honoured,
            "config.User": .honoured,
            "config.Env": .honoured,
            "config.Entrypoint": .honoured,
            "config.Cmd": .honoured,
            "config.WorkingDir": .honoured,
            "config.StopSignal": .honoured,
            "rootfs.type": .honoured,
            "rootfs.diff_ids": .honoured,
            "os.features": .refused,
        ],
    ]
}
