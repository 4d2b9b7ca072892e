import GCXLinux
import GCXModel

/// Whether an image can be used, by its manifest and its configuration alone: a pure function.
///
/// The buyer's side asks it before anything is sent, and the agent before a layer is fetched or unpacked.
/// What becomes of each field and each kind of layer stands in `Images.md`.
struct ImageJudge {
    /// What errors call the image.
    let label: String
    let machine: ImageMachine

    /// Looks at what a manifest says of its configuration and its layers.
    ///
    /// - Throws: ``ImageError/unsupported(path:reason:fix:)`` or ``ImageError/tooLarge(path:what:limit:)``.
    func check(_ manifest: ImageManifest) throws(ImageError) {
        guard manifest.schemaVersion == 2 else {
            throw refused(
                "its manifest is of schema \(manifest.schemaVersion)",
                "Copy it with `skopeo copy --format oci SOURCE oci:DIR:TAG`.")
        }
        let kind = manifest.config.mediaType ?? MediaType.config
        guard MediaType.configs.contains(kind) else {
            throw refused(
                "it is no image to run but an artifact of the kind `\(PlainText.excerpt(kind))`",
                "Name an image: its configuration is of the kind `\(MediaType.config)`.")
        }
        let (count, most) = (manifest.layers.count, SandboxLimits.imageLayersMax)
        guard count <= most else {
            throw refused(
                "it has \(NumberText.count(count, "layer")), and \(most) are the most",
                "Build it with fewer layers: join its RUN and COPY lines, or squash it (`buildah build --squash`).")
        }
        for layer in manifest.layers {
            if let (reason, fix) = MediaType.obstacle(ofLayer: layer.mediaType ?? MediaType.layer) {
                throw refused(reason, fix)
            }
        }
        // A stranger does not say which addresses this machine asks for a blob.
        // bounded: joins lists
        guard (manifest.layers + [manifest.config]).allSatisfy({ ($0.urls ?? []).isEmpty }) else {
            throw refused(
                "a layer is to be fetched from outside the registry",
                "Build the image on a base all of whose layers may be distributed.")
        }
        try checkSize(manifest)
    }

    /// Looks at what the configuration asks for, of a manifest that was checked.
    ///
    /// - Throws: ``ImageError/unsupported(path:reason:fix:)`` or ``ImageError/unusableConfig(field:reason:)``.
    func check(_ config: ImageConfig, of manifest: ImageManifest) throws(ImageError) {
        let obstacle = machine.obstacle(
            architecture: config.architecture, os: config.os, variant: config.variant, features: config.features)
        if let obstacle {
            throw refused(
                obstacle,
                "Build or copy it for linux/\(machine.architecture), for instance with "
                    + "`skopeo copy --override-arch \(machine.architecture) SOURCE oci:DIR:TAG`.")
        }
        if let rootfs = config.rootfs {
            guard rootfs.type ?? "layers" == "layers" else {
                throw .unusableConfig(field: "rootfs.type", reason: "only `layers` are known")
            }
            let (told, there) = (rootfs.layers?.count ?? manifest.layers.count, manifest.layers.count)
            guard told == there else {
                throw .unusableConfig(
                    field: "rootfs.diff_ids",
                    reason: "it names \(NumberText.count(told, "layer")), and the manifest \(there)")
            }
        }
        try check(config.config ?? ImageConfig.Defaults())
    }

    /// Looks at how the image wants to be run.
    func check(_ defaults: ImageConfig.Defaults) throws(ImageError) {
        if let signal = defaults.stopSignal, !signal.isEmpty, SignalName.number(of: signal) == nil {
            throw .unusableConfig(field: "StopSignal", reason: "`\(UnpackReport.shown(signal))` is no signal")
        }
        guard (defaults.user ?? "").utf8.count <= SandboxLimits.userNameBytesMax else {
            throw .unusableConfig(
                field: "User", reason: "over \(NumberText.count(SandboxLimits.userNameBytesMax, "byte"))")
        }
        // bounded here: joins lists
        let arguments = (defaults.entryPoint ?? []) + (defaults.command ?? [])
        let directory = defaults.workingDirectory ?? ""
        try ProcessSpec.check([
            ("Entrypoint", arguments), ("Env", defaults.environment ?? []), ("WorkingDir", [directory]),
        ])
        guard directory.isEmpty || directory.hasPrefix("/") else {
            throw .unusableConfig(field: "WorkingDir", reason: "must begin with `/`")
        }
    }

    private func checkSize(_ manifest: ImageManifest) throws(ImageError) {
        let (total, limit) = (
            manifest.layers.reduce(UInt64(0)) { $0.saturatingSum($1.size) }, SandboxLimits.imageCompressedBytesMax
        )
        guard total <= limit else { throw .tooLarge(path: label, what: "the size of its layers", limit: limit) }
    }

    private func refused(_ reason: String, _ fix: String) -> ImageError {
        .unsupported(path: label, reason: reason, fix: fix)
    }
}
