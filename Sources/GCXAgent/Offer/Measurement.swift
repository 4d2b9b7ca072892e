package import FoundationEssentials
package import GCXBenchmark
package import GCXHardware
import GCXJSON
import GCXLedger
import GCXLinux
package import GCXModel
import GCXPricing
package import GCXWire

import struct Crypto.SHA256

/// What is known about the machine at one moment.
package struct Measurement: Sendable {
    package var inventory: Inventory
    /// Claimed ones from the system, measured ones from the benchmarks.
    package var facts: [Fact]
    package var kernelVersion: String
    /// SHA-256 of the inventory and of the benchmark report, as JSON with sorted keys; zero where there is none.
    package var inventoryDigest: Digest
    package var samplesDigest: Digest
    /// The documents behind the two digests, to be kept and shown to whoever doubts.
    package var documents: [Digest: [UInt8]] = [:]
    /// What could not be measured, and why.
    package var problems: [String]

    /// Sources that disagree, each as one line. They quote what the machine's files say.
    package var contradictions: [Untrusted] {
        inventory.contradictions.prefix(LedgerLimits.contradictionsMax).map { contradiction in
            let claims = contradiction.claims.map { "\($0.source) says \($0.value)" }.joined(separator: ", ")
            return Untrusted(
                PlainText.line("\(contradiction.fact.rawValue): \(claims)", bytesMax: Limits.eventBytesMax))
        }
    }
}

/// Whoever looks at the machine.
package protocol MachineMeasurer: Sendable {
    /// - Throws: `AgentError.sandbox` when not even an inventory could be had.
    func measure(at now: UInt64) async throws(AgentError) -> Measurement
    /// The inventory alone: a fraction of a second, where a measurement takes the time of its benchmarks.
    func look() async throws(AgentError) -> Inventory
    /// What decides how much there is to sell; nil from whoever cannot tell without a look.
    func glance() -> MachineGlance?
    /// How long a measurement takes, as far as that is known.
    var secondsExpected: UInt64? { get }
}

extension MachineMeasurer {
    package func glance() -> MachineGlance? { nil }
    package var secondsExpected: UInt64? { nil }
}

/// Looks at this machine through `gcx-probe`.
package struct ProbeMeasurer: MachineMeasurer {
    package let probe: HardwareProbe
    /// Nil leaves the benchmarks out.
    package let plan: BenchmarkPlan?

    package init(probe: HardwareProbe, plan: BenchmarkPlan?) {
        self.probe = probe
        self.plan = plan
    }

    package var secondsExpected: UInt64? { plan.flatMap { UInt64(exactly: $0.seconds.rounded(.up)) } }

    package func look() async throws(AgentError) -> Inventory {
        do { return try await probe.inventory() } catch {
            throw .sandbox(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }

    package func glance() -> MachineGlance? { MachineGlance.take() }

    package func measure(at now: UInt64) async throws(AgentError) -> Measurement {
        var measurement = Measurement(try await look(), at: now)
        guard let plan else { return measurement }
        do {
            let report = try await BenchmarkRunner(process: ProbeBenchmarkProcess(probe: probe)).run(plan)
            measurement.add(report, at: now)
        } catch {
            measurement.problems.append("no benchmark: \(error.description)")
        }
        return measurement
    }
}

extension Measurement {
    /// What the inventory alone says.
    package init(_ inventory: Inventory, at now: UInt64) {
        self.init(
            inventory: inventory, facts: inventory.claimedFacts(at: now), kernelVersion: "", inventoryDigest: .zero,
            samplesDigest: .zero, problems: [])
        inventoryDigest = keep(inventory)
    }

    /// The word on it that `machine` signs.
    package func attestation(of machine: Address, at now: UInt64) -> AttestationRecord {
        AttestationRecord(
            machine: machine, inventory: inventoryDigest, measuredAt: now, kernelVersion: Untrusted(kernelVersion),
            facts: facts,
            contradictions: contradictions, referenceTable: ReferenceTable.v1Digest, samples: samplesDigest)
    }

    /// Adds what a run of the benchmarks says.
    package mutating func add(_ report: BenchmarkReport, at now: UInt64) {
        facts += report.facts(measuredAt: now)  // bounded: joins lists
        kernelVersion = report.kernelVersion
        samplesDigest = keep(report)
        problems = report.problems + report.unsteadyLines  // bounded: joins lists
    }

    /// Keeps a document as JSON with sorted keys, and answers its SHA-256; zero for one that JSON cannot carry.
    fileprivate mutating func keep(_ document: some Encodable) -> Digest {
        guard let data = try? CanonicalJSON.bytes(document) else { return .zero }
        let digest = Digest(checkedBytes: Array(SHA256.hash(data: data)))
        documents[digest] = data  // bounded: a dictionary
        return digest
    }
}

extension BenchmarkReport {
    /// The axes whose figures were disturbed, and so are in no offer.
    fileprivate var unsteadyLines: [String] {
        axes.filter { !$0.steady }.map { axis in
            "\(axis.name) is unsteady (\(axis.flags.map(\.rawValue).joined(separator: ", "))) and not offered"
        }
    }
}

/// Runs the benchmarks behind the same process wall as the inventory.
package struct ProbeBenchmarkProcess: BenchmarkProcess {
    private let probe: HardwareProbe

    package init(probe: HardwareProbe) { self.probe = probe }

    package func run(arguments: [String], timeout: Duration) async throws -> Data {
        let patient = HardwareProbe(
            executable: probe.executable, timeout: timeout, outputBytesMax: probe.outputBytesMax,
            isCancelled: probe.isCancelled)
        return Data(try await patient.outputAside(of: arguments))
    }
}

extension Inventory {
    /// What the system says about itself, at level L0.
    package func claimedFacts(at now: UInt64) -> [Fact] {
        let claims: [(String, UInt64?, String)] = [
            // bounded: counts of lists
            ("cpu.cores", coreCount.map(UInt64.init), "core"), ("cpu.pus", puCount.map(UInt64.init), "PU"),
            ("memory.bytes", memoryBytes, "B"), ("gpu.count", UInt64(gpus.count), "GPU"),
        ]
        return claims.compactMap { name, value, unit in
            value.map {
                Fact(name: Untrusted(name), value: $0, unit: Untrusted(unit), level: .claimed, measuredAt: now)
            }
        }
    }
}
