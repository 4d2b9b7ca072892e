package import GCXLinux
package import GCXModel

/// One image of one registry, read with skopeo: a child for each question, ended when it takes too long.
package struct Skopeo {
    let image: RegistryReference
    let policy: ImagePolicy
    /// Home and temporary directory of the tool.
    let scratch: String
    /// Used where the owner has none: lets through what the lists have let through.
    let openPolicyFile: String

    /// What skopeo is given when the owner has no file of his own.
    ///
    /// Source: containers-policy.json(5).
    static let openPolicy = Array(#"{"default":[{"type":"insecureAcceptAnything"}]}"#.utf8)

    /// The bytes of a manifest or an index, as the registry has them.
    func manifest(_ digest: String, timeout: Duration) throws(ImageError) -> [UInt8] {
        try answer(["inspect", "--raw"] + access(""), digest, timeout)
    }

    /// The bytes of the configuration of the manifest `digest`.
    func configuration(_ digest: String, timeout: Duration) throws(ImageError) -> [UInt8] {
        try answer(["inspect", "--config", "--raw"] + access(""), digest, timeout)
    }

    /// Copies the layers of the manifest `digest` that are not there into a layout, after the owner's policy was asked.
    ///
    /// skopeo also writes a manifest of its own into the layout; nobody reads it.
    func copyLayers(
        _ digest: String, into layout: String, timeout: Duration, watch: () throws(LinuxError) -> Void
    ) throws(ImageError) {
        let arguments = ["copy", "--quiet", "--dest-oci-accept-uncompressed-layers"] + access("src-")
        let outcome = try imaged { () throws(LinuxError) in
            // skopeo takes what stands behind a colon in a path for a tag, so the layout is its working directory.
            var tool = tool(arguments + [name(digest), "oci:."], timeout)
            tool.workingDirectory = layout
            return try tool.outcome(watch: watch)
        }
        try check(outcome)
    }

    private func answer(_ arguments: [String], _ digest: String, _ timeout: Duration) throws(ImageError) -> [UInt8] {
        let outcome: ChildProcess.Outcome
        do {
            // bounded: joins lists
            outcome = try tool(arguments + [name(digest)], timeout).outcome()
        } catch .outputTooLarge(_, let limit) {
            // bounded: a limit of ours
            throw .tooLarge(path: image.description, what: "a document of it", limit: UInt64(limit))
        } catch .timedOut {
            throw .notPulled(image: image.description, .network, reason: "no answer within \(timeout.words)")
        } catch {
            throw .linux(error)
        }
        try check(outcome)
        return outcome.output
    }

    private func check(_ outcome: ChildProcess.Outcome) throws(ImageError) {
        if outcome.status != .exited(0) { throw Self.error(image, outcome) }
    }

    /// Why skopeo failed, in our words.
    package static func error(_ image: RegistryReference, _ outcome: ChildProcess.Outcome) -> ImageError {
        let words = outcome.errorLine
        let reason = words.isEmpty ? "skopeo ended with \(outcome.status)" : PullFailure.reason(words)
        return .notPulled(image: image.description, PullFailure(saying: words), reason: reason)
    }

    private func name(_ digest: String) -> String { image.pinned(to: digest).description }

    /// Credentials come from a file and never stand on the command line. TLS is asked for in words, so that no other
    /// file of this machine turns it off.
    func access(_ side: String) -> [String] {
        let credentials = policy.authFile.map { ["--authfile", $0] } ?? ["--\(side)no-creds"]
        return credentials + ["--\(side)tls-verify=\(!policy.permitsPlainText(image))"]
    }

    func tool(_ arguments: [String], _ timeout: Duration) -> ChildProcess {
        let settings = ["--tmpdir", scratch, "--policy", policy.policyFile ?? openPolicyFile]
        var environment = ChildProcess.plainEnvironment
        environment["HOME"] = scratch
        return ChildProcess(
            "skopeo", settings + arguments, environment: environment, timeout: timeout,  // bounded: joins lists
            outputBytesMax: SandboxLimits.imageDocumentBytesMax)
    }
}
