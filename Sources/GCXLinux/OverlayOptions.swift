/// What an overlay is made of, as mount(2) takes it.
package enum OverlayOptions {
    /// - Parameters:
    ///   - lower: the read-only layers, the uppermost first.
    ///   - upper: the writable layer; nil for an overlay that is only read.
    ///   - work: an empty directory beside the writable layer.
    package static func text(lower: [String], upper: String? = nil, work: String? = nil) -> String {
        let layers = "lowerdir=\(lower.map(escaped).joined(separator: ":"))"
        let parts = [layers, upper.map { "upperdir=\(escaped($0))" }, work.map { "workdir=\(escaped($0))" }]
        return parts.compactMap(\.self).joined(separator: ",")
    }

    /// A colon parts layers, and a comma options; with a backslash before it each is a letter of a path.
    ///
    /// Source: the kernel's overlayfs documentation, "Multiple lower layers"; fs/overlayfs/params.c, `ovl_next_opt`.
    private static func escaped(_ path: String) -> String {
        path.map { "\\:,".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
}
