import GCXLinux
import Glibc

/// One run of `gcx-unpack`, and what its end means.
struct UnpackerCall {
    let program: String
    let order: UnpackOrder
    let label: String
    let run: Unpacker.Run

    /// - Parameter descriptors: ours, in the order that ``UnpackOrder`` names.
    func answer(
        descriptors: [Int32], watch: () throws(LinuxError) -> Void
    ) throws(ImageError) -> UnpackReport {
        let argument = try imaged { () throws(LinuxError) in try JSONFile.encode(order, object: "order") }
        let pairs = descriptors.enumerated().map { index, number in
            // bounded: as many as the code hands over
            (ours: number, theirs: UnpackOrder.firstDescriptor + Int32(index))
        }
        let child = ChildProcess(
            program, [String(decoding: argument, as: UTF8.self)], timeout: run.timeout,
            outputBytesMax: SandboxLimits.reportBytesMax, descriptors: pairs)
        let outcome: ChildProcess.Outcome
        let killsBefore = run.place?.cgroup.readerUsage().oomKills ?? 0
        do {
            outcome = try child.outcome { () throws(LinuxError) in
                if run.stop?.isRaised == true {
                    throw .systemCall(operation: "read", object: label, errno: ECANCELED)
                }
                try watch()
            }
        } catch .systemCall(_, _, ECANCELED) {
            throw .cancelled(label)
        } catch .timedOut {
            throw tooSlow
        } catch {
            throw .linux(error)
        }
        // bounded: two constants
        if outcome.status.code == 128 + SIGKILL { try checkMemory(killsBefore) }
        return try judge(try report(of: outcome))
    }

    /// - Throws: ``ImageError/tooLarge(path:what:limit:)`` when the kernel has ended a reader of the group since.
    private func checkMemory(_ killsBefore: UInt64) throws(ImageError) {
        guard let usage = run.place?.cgroup.readerUsage(), let kills = usage.oomKills, kills > killsBefore else {
            return
        }
        let most = usage.memoryBytesMax ?? 0
        throw .tooLarge(path: label, what: "the memory it takes to read, in bytes,", limit: most)
    }

    private var tooSlow: ImageError {
        .tooLarge(path: label, what: "the time it takes to read, in seconds,", limit: order.limits.seconds)
    }

    /// What the child wrote, when it lived to write it and it is possible.
    private func report(of outcome: ChildProcess.Outcome) throws(ImageError) -> UnpackReport {
        switch outcome.status.code {
        case 0: break
        // bounded here: constants of the kernel, and a status of eight bits
        case 128 + SIGXCPU: throw tooSlow
        case 128 + SIGSEGV, 128 + SIGILL, 128 + SIGTRAP, 128 + SIGBUS, 128 + SIGABRT, 128 + SIGFPE, 128 + SIGSYS:
            throw .notAnImage(path: label, reason: "its reader ended with signal \(outcome.status.code - 128)")
        case let code:
            throw .linux(
                .toolFailed(tool: "gcx-unpack", status: code, output: UnpackReport.shown(outcome.errorLine)))
        }
        guard let said = try? JSONFile.decode(UnpackReport.self, outcome.output, object: "report"),
            let report = said.bounded(by: order)
        else { throw .notAnImage(path: label, reason: "its reader said what cannot be") }
        return report
    }

    private func judge(_ report: UnpackReport) throws(ImageError) -> UnpackReport {
        let reason = report.reason ?? "no reason was given"
        switch report.outcome {
        case .done: return report
        case .refused: throw .unsafeArchive(path: label, entry: report.entry ?? "", reason: reason)
        case .tooLarge: throw .tooLarge(path: label, what: reason, limit: report.limit ?? 0)
        case .damaged: throw .notAnImage(path: label, reason: reason)
        case .failed:
            if let number = report.errno {
                throw .linux(.systemCall(operation: reason, object: label, errno: number))
            }
            throw .linux(.toolFailed(tool: "gcx-unpack", status: 0, output: reason))
        }
    }
}
