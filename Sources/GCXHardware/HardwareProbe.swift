import FoundationEssentials
import GCXLinux
package import GCXModel
import Synchronization

/// Asks `gcx-probe`, in a process of its own, what the machine is made of.
///
/// ```swift
/// let inventory = try await HardwareProbe.located().inventory()
/// print(InventoryTree.draw(inventory, width: 100, colour: false))
/// ```
/// A probe that crashes, hangs or prints rubbish costs a ``ProbeError`` after one more try, never the caller.
package struct HardwareProbe: Sendable {
    /// What to look at.
    package enum Subject: Equatable, Sendable {
        case thisMachine
        /// A folder as ``MachineFolder`` describes, or one with plain `sys` and `proc` trees.
        case machineFolder(String)
        /// A file that `lstopo --of xml` wrote.
        case hwlocXML(String)

        var arguments: [String] {
            switch self {
            case .thisMachine: []
            case .machineFolder(let path): ["--root", path]
            case .hwlocXML(let path): ["--hwloc-xml", path]
            }
        }
    }

    package let executable: String
    package let timeout: Duration
    package let outputBytesMax: Int
    /// Asked while a probe runs; once it is true the probe is ended. Any thread asks.
    package let isCancelled: @Sendable () -> Bool

    package init(
        executable: String, timeout: Duration = HardwareLimits.probeTimeout,
        outputBytesMax: Int = HardwareLimits.probeOutputBytesMax,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.executable = executable
        self.timeout = timeout
        self.outputBytesMax = outputBytesMax
        self.isCancelled = isCancelled
    }

    /// The same that also heeds `stop`.
    private func stopping(when stop: @escaping @Sendable () -> Bool) -> HardwareProbe {
        let isCancelled = isCancelled
        return HardwareProbe(executable: executable, timeout: timeout, outputBytesMax: outputBytesMax) {
            isCancelled() || stop()
        }
    }

    /// The probe that belongs to the running program.
    package static func located(
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(ProbeError) -> HardwareProbe {
        HardwareProbe(executable: try ProbeLocator.locate(), isCancelled: isCancelled)
    }

    /// The inventory of a machine. Waits off the cooperative threads; costs about 50 ms on a small machine.
    ///
    /// A task that is cancelled ends its probe at once.
    package func inventory(of subject: Subject = .thisMachine) async throws(ProbeError) -> Inventory {
        try await aside { probe throws(ProbeError) in try probe.readInventory(of: subject) }
    }

    /// As ``output(of:)``, off the cooperative threads. A task that is cancelled ends its probe at once.
    package func outputAside(of arguments: [String]) async throws(ProbeError) -> [UInt8] {
        try await aside { probe throws(ProbeError) in try probe.output(of: arguments) }
    }

    private func aside<Value: Sendable>(
        _ work: @escaping @Sendable (HardwareProbe) throws(ProbeError) -> Value
    ) async throws(ProbeError) -> Value {
        let stop = Stop()
        let probe = stopping { stop.isAsked.load(ordering: .relaxed) }
        let result: Result<Value, ProbeError> = await withTaskCancellationHandler {
            await blocking { Result { () throws(ProbeError) in try work(probe) } }
        } onCancel: {
            stop.isAsked.store(true, ordering: .relaxed)
        }
        return try result.get()
    }

    /// What a cancelled task leaves for the thread that waits for its probe.
    private final class Stop: Sendable {
        let isAsked = Atomic<Bool>(false)
    }

    /// The same for a caller with a thread to spare: blocks up to ``HardwareLimits/probeAttemptsMax`` × the timeout.
    package func readInventory(of subject: Subject = .thisMachine) throws(ProbeError) -> Inventory {
        for _ in 1..<HardwareLimits.probeAttemptsMax {
            do throws(ProbeError) {
                return try readOnce(subject)
            } catch  where !error.isWorthRetrying {
                throw error
            } catch {}
        }
        return try readOnce(subject)
    }

    private func readOnce(_ subject: Subject) throws(ProbeError) -> Inventory {
        try decode(try output(of: ["inventory"] + subject.arguments))
    }

    /// What `gcx-probe` with these arguments writes to its standard output, run once; blocks up to the timeout.
    ///
    /// - Throws: ``ProbeError``; an exit status other than 0 is ``ProbeError/failed(exit:stderr:)``.
    package func output(of arguments: [String]) throws(ProbeError) -> [UInt8] {
        let process = ProbeProcess(
            executable: executable, arguments: arguments, timeout: timeout, outputBytesMax: outputBytesMax,
            isCancelled: isCancelled)
        let outcome = try process.run()
        guard outcome.exit == 0 else { throw .failed(exit: outcome.exit, stderr: outcome.errorText) }
        return outcome.output
    }

    /// Asks for the version before the rest: a newer document is no rubbish.
    private func decode(_ bytes: [UInt8]) throws(ProbeError) -> Inventory {
        struct Version: Decodable { let schemaVersion: Int }
        do {
            let version = try StrictJSON.decode(Version.self, from: bytes, unknownFields: .tolerated).schemaVersion
            guard version == Inventory.schemaVersionCurrent else {
                throw ProbeError.unsupportedSchema(found: version, supported: Inventory.schemaVersionCurrent)
            }
            return try StrictJSON.decode(Inventory.self, from: bytes)
        } catch let error as ProbeError {
            throw error
        } catch {
            throw .rubbish(reason: ForeignError.words(error), beginning: beginning(of: bytes))
        }
    }

    /// Printable, so that a message cannot carry control characters to a terminal.
    private func beginning(of bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(HardwareLimits.probeExcerptBytesMax), as: UTF8.self)
            .filter { $0.isASCII && !$0.isNewline && $0.asciiValue.map { $0 >= 0x20 && $0 < 0x7F } ?? false }
    }
}
