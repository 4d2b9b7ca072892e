import FoundationEssentials
import GCXLinux
import GCXModel
import GCXSandbox

/// Tags of registries, on the buyer's side: what a tag means is asked once, and what runs is the digest.
enum RegistryTag {
    /// The same image by the digest that its tag has now; without a tag, `latest` is meant.
    ///
    /// The buyer's own logins are used (`skopeo login`). They stay here: a job's request carries none.
    static func resolve(_ image: RegistryReference) throws -> RegistryReference {
        guard ChildProcess.find("skopeo") != nil else {
            throw CommandError(
                "skopeo is not installed, and only it can tell the digest of \(image)",
                fix: "Install skopeo, or name the image by digest: docker://HOST/PATH@sha256:HEX.")
        }
        let name = image.tag == nil ? "\(image):latest" : image.description
        let outcome = try inspect(name, [], of: image, within: SandboxLimits.registryAnswerTimeout).outcome()
        guard outcome.status == .exited(0) else { throw Skopeo.error(image, outcome) }
        return image.pinned(to: SHA256Hex.of(outcome.output))
    }

    /// Looks whether the image can be run, by what its registry says of it.
    ///
    /// What the buyer cannot read the agent may be able to, so then nothing is said. Cost: two or three questions.
    static func check(_ image: RegistryReference, hasCommand: Bool) throws {
        guard ChildProcess.find("skopeo") != nil else { return }
        let scratch = try TemporaryDirectory("gcx-image")
        let documents = try RegistryDocuments(of: image, in: "\(scratch.path)/documents")
        _ = try documents.check(hasCommand: hasCommand) { digest, isConfiguration in
            let tool = inspect(
                image.pinned(to: digest).description, isConfiguration ? ["--config"] : [], of: image,
                within: SandboxLimits.registryLookTimeout)
            guard let outcome = try? tool.outcome(), outcome.status == .exited(0) else { return nil }
            return outcome.output
        }
    }

    private static func inspect(
        _ name: String, _ options: [String], of image: RegistryReference, within timeout: Duration
    ) -> ChildProcess {
        let own = ["HOME", "XDG_RUNTIME_DIR", "HTTPS_PROXY", "NO_PROXY"]
        let inherited = ProcessInfo.processInfo.environment.filter { own.contains($0.key) }
        return ChildProcess(
            // bounded: joins lists
            "skopeo", ["inspect", "--raw", "--tls-verify=\(!image.isLoopback)"] + options + [name],
            environment: ChildProcess.plainEnvironment.merging(inherited) { $1 },
            timeout: timeout, outputBytesMax: SandboxLimits.imageDocumentBytesMax)
    }
}
