import ArgumentParser
import GCXClient
import GCXConfig
import GCXHardware
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc

/// `gcx doctor`: what this machine lacks, and what to do about it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this machine can run an agent, and say how to mend what it lacks.")

    struct Finding: Encodable {
        let check: String
        let ok: Bool
        let detail: String
        let remedy: String?
    }

    @Option(help: "The configuration file, if there is one: it says whether jobs are to have a network.")
    var config = "/etc/gcx/gcx.toml"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let findings =
            [
                root, cgroups, runtime, reader,
                tool("mke2fs", package: "e2fsprogs", for: "the jobs' writable layers"),
                network,
            ] + [await probe()] + (await offer())  // bounded: joins lists
        if output.json {
            try Terminal.json(findings)
        } else {
            for finding in findings {
                Terminal.say("\(finding.ok ? "ok    " : "FAIL  ")\(finding.check): \(finding.detail)")
                if let remedy = finding.remedy { Terminal.say("      remedy: \(remedy)") }
            }
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(78) }
    }

    private var root: Finding {
        let isRoot = geteuid() == 0
        return Finding(
            check: "privilege", ok: isRoot, detail: isRoot ? "root" : "user \(geteuid())",
            remedy: isRoot ? nil : "Run the agent as root; `gcx bench` and `gcx probe` need no root.")
    }

    private var cgroups: Finding {
        finding("control groups") { () throws(LinuxError) in try CgroupLayout.detect().summary }
    }

    private var runtime: Finding {
        finding("OCI runtime") { () throws(SandboxError) in try RuntimeChoice.detect().reason }
    }

    /// Lets the reader of archives try to break out of its walls.
    private var reader: Finding {
        finding("reader of archives") { () throws(ImageError) in
            let unpacker = try Unpacker.located()
            let report = try Self.trial(of: unpacker)
            guard report.breaches.isEmpty, let standing = report.standing else {
                throw .openWalls(report.breaches)
            }
            let landlock = standing.landlock.map { "Landlock \($0)" } ?? "no Landlock"
            return "\(standing.namespaces ? "namespaces" : "no namespaces"), \(landlock), seccomp; nothing got out"
        }
    }

    private static func trial(of unpacker: Unpacker) throws(ImageError) -> UnpackReport {
        do {
            let scratch = try ScratchDirectory("gcx-doctor")
            let directory = try FileDescriptor.open(scratch.path, O_RDONLY | O_DIRECTORY)
            return try unpacker.tryWalls(directory)
        } catch let error as ImageError {
            throw error
        } catch let error as LinuxError {
            throw .linux(error)
        } catch {
            throw .noUnpacker(searched: [ForeignError.words(error)])
        }
    }

    private func tool(_ name: String, package: String? = nil, for purpose: String) -> Finding {
        let path = ChildProcess.find(name)
        return Finding(
            check: name, ok: path != nil, detail: path ?? "missing; needed for \(purpose)",
            remedy: path == nil ? "apt-get install \(package ?? name)" : nil)
    }

    /// What is lacking is a fault only where the owner gives jobs a network.
    private var network: Finding {
        let isWanted = (try? Configuration.load(path: config))?.network.egressEnabled ?? false
        let obstacle = HostNetwork.obstacle()
        let detail = obstacle?.reason ?? "nft, tc and ip are there, and the uplink forwards"
        return Finding(
            check: "network of jobs", ok: obstacle == nil || !isWanted,
            detail: isWanted ? detail : "not given (network.egress_enabled); \(detail)",
            remedy: isWanted ? obstacle?.fix : nil)
    }

    private func probe() async -> Finding {
        do {
            let inventory = try await HardwareProbe.located().inventory()
            return Finding(
                check: "probe", ok: true,
                detail: "\(inventory.coreCount ?? 0) cores, \(inventory.pciDevices.count) PCI devices, "
                    + "contradictions: \(inventory.contradictions.count)", remedy: nil)
        } catch {
            return Finding(check: "probe", ok: false, detail: error.description, remedy: instruction(error.remedy))
        }
    }

    /// Whether buyers see what this machine's agent sells; nothing where no agent answers.
    private func offer() async -> [Finding] {
        guard let configuration = try? Configuration.load(path: config),
            let place = try? Endpoint(configuration.agent.listen), let status = try? await AgentClient(place).status(),
            let digest = status.offer
        else { return [] }
        func found(_ isListed: Bool, _ detail: String, _ remedy: String) -> [Finding] {
            let remedy = isListed ? nil : remedy
            return [Finding(check: "offer", ok: isListed, detail: "\(digest.short) \(detail)", remedy: remedy)]
        }
        do {
            let ledger = HTTPLedger(try Endpoint(configuration.ledger.endpoint))
            let isListed = try await ledger.offers(liveOnly: true).contains { $0.digest == digest }
            return found(
                isListed, isListed ? "is listed" : "is not listed: no buyer is sent to it",
                "Read the problems in `gcx agent status`; the agent shows the ledger every few minutes that it is there."
            )
        } catch {
            return found(
                false, "may not be listed: \(ForeignError.words(error))", "Start the ledger, or name it in \(config).")
        }
    }

    private func finding<E: RemediedError>(_ check: String, _ body: () throws(E) -> String) -> Finding {
        do {
            return Finding(check: check, ok: true, detail: try body(), remedy: nil)
        } catch {
            return Finding(check: check, ok: false, detail: error.description, remedy: instruction(error.remedy))
        }
    }

    private func instruction(_ remedy: Remedy) -> String? {
        if case .fix(let text) = remedy { text } else { nil }
    }
}
