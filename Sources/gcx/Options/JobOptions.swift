import ArgumentParser
import GCXLinux
import GCXModel
import GCXWire
import Glibc

extension JobNetwork.Mode: ExpressibleByArgument {}

/// What a job is given, apart from its command.
struct JobOptions: ParsableArguments {
    @Option(
        help: """
            The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:DIR, or docker://HOST/PATH:TAG, which the agent \
            pulls by the digest that the tag has now; docker://HOST/PATH@sha256:HEX names the digest at once.
            """)
    var image = ""

    @Option(help: "What the job sees read-only at /input: a directory, or the https address of a tar archive.")
    var input: String?

    @Option(help: "SHA-256 of the archive at an https address, in hexadecimal digits.")
    var inputSHA256: String?

    @Option(help: "NAME=VALUE for the job's environment; may be repeated.")
    var env: [String] = []

    @Option(help: "Working directory inside the job.")
    var workdir: String?

    @Option(help: "What is kept of a log beyond its limit: end or beginning. Default: what the machine's owner says.")
    var logKeep: LogKeep?

    @Option(help: "End the job after this: seconds, or 90s, 15m, 12h.")
    var timeLimit: Span?

    @Option(help: "none, or egress: public addresses over IPv4, where the owner gives jobs a network.")
    var network = JobNetwork.Mode.none

    @Option(help: "TCP port of the job that is to be reached from outside; may be repeated. Needs --network egress.")
    var publish: [UInt16] = []

    /// The directory that is uploaded; nil where there is none, and where the agent fetches an archive.
    var directory: String? { isRemote ? nil : input }

    /// The image, looked at before anything is uploaded or paid for.
    func reference(hasCommand: Bool) throws -> ImageReference {
        try ImageReference(image, hasCommand: hasCommand)
    }

    /// - Parameter keepsLease: nil where the lease is to end with the job.
    func request(_ image: ImageReference, _ command: [String], keepsLease: Bool? = nil) throws -> JobRequest {
        var environment: [String: String] = [:]
        for pair in env {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw CommandError("--env \(pair) has no name and value", fix: "Give --env NAME=VALUE.")
            }
            // bounded: places that were found in the text; a dictionary
            environment[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return JobRequest(
            command: command, environment: environment, workingDirectory: workdir, imageFormat: image.format,
            imageReference: image.tag.map { Untrusted($0) }, wallSecondsMax: timeLimit?.seconds, input: try remoteInput,
            logKeep: logKeep,
            network: network == .none && publish.isEmpty ? nil : JobNetwork(mode: network, publish: publish),
            keepsLease: keepsLease)
    }

    private var isRemote: Bool { input?.hasPrefix("https://") ?? false }

    private var remoteInput: JobInput? {
        get throws {
            guard isRemote else { return nil }
            guard let inputSHA256 else {
                throw CommandError(
                    "an input at an address needs its digest",
                    fix: "Give --input-sha256 with the output of `sha256sum`.")
            }
            return JobInput(digest: inputSHA256.lowercased(), url: input)
        }
    }
}

extension ImageReference {
    /// Says which image of a registry is meant: a tag moves, and what is billed is the digest that it had.
    func announce() {
        if format == .registry { Terminal.complain("image \(tag ?? "")") }
    }
}
