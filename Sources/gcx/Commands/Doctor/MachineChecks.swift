import GCXConfig
import GCXHardware
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// What the machine itself has to have, whatever its owner configured.
struct MachineChecks {
    /// - Parameter network: what jobs are to have of it; nil where that cannot be read.
    func all(network: Configuration.Network?) async -> [Finding] {
        [
            root, cgroups, runtime, reader, tool("mke2fs", package: "e2fsprogs", for: "the jobs' writable layers"),
            self.network(isWanted: network?.egressEnabled ?? false), await probe(),
        ]
    }

    private var root: Finding {
        geteuid() == 0
            ? .ok("privilege", "root")
            : .fault(
                "privilege", "user \(geteuid())",
                fix:
                    "Run the agent as root; `gcx bench`, `gcx probe` and buyers (`gcx doctor --as buyer`) need no root."
            )
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
            let scratch = try TemporaryDirectory("gcx-doctor")
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
        guard let path = ChildProcess.find(name) else {
            return .fault(name, "missing; needed for \(purpose)", fix: "apt-get install \(package ?? name)")
        }
        return .ok(name, path)
    }

    /// What is lacking is a fault only where the owner gives jobs a network.
    private func network(isWanted: Bool) -> Finding {
        let check = "network of jobs"
        guard let obstacle = HostNetwork.obstacle() else {
            let detail = "nft, tc and ip are there, and the uplink forwards"
            return .ok(check, isWanted ? detail : "not given (network.egress_enabled); \(detail)")
        }
        return isWanted
            ? .fault(check, obstacle.reason, fix: obstacle.fix)
            : .ok(check, "not given (network.egress_enabled); \(obstacle.reason)")
    }

    private func probe() async -> Finding {
        do {
            let inventory = try await HardwareProbe.located().inventory()
            return .ok(
                "probe",
                "\(inventory.coreCount.map { Display.count($0, "core") } ?? "an unknown number of cores"), "
                    + "\(Display.count(inventory.pciDevices.count, "PCI device")), contradictions: \(inventory.contradictions.count)"
            )
        } catch {
            return .fault("probe", error)
        }
    }

    private func finding<E: RemediedError>(_ check: String, _ body: () throws(E) -> String) -> Finding {
        do { return .ok(check, try body()) } catch { return .fault(check, error) }
    }
}
