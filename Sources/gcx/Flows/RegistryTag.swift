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
        let own = ["HOME", "XDG_RUNTIME_DIR", "HTTPS_PROXY", "NO_PROXY"]
        let inherited = ProcessInfo.processInfo.environment.filter { own.contains($0.key) }
        let name = image.tag == nil ? "\(image):latest" : image.description
        let skopeo = ChildProcess(
            "skopeo", ["inspect", "--raw", "--tls-verify=\(!image.isLoopback)", name],
            environment: ChildProcess.plainEnvironment.merging(inherited) { $1 },
            timeout: SandboxLimits.registryAnswerTimeout, outputBytesMax: SandboxLimits.imageDocumentBytesMax)
        let outcome = try skopeo.outcome()
        guard outcome.status == .exited(0) else { throw Skopeo.error(image, outcome) }
        return image.pinned(to: SHA256Hex.of(outcome.output))
    }
}
