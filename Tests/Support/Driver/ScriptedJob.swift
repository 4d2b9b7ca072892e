import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox

/// One job of the ``ScriptedDriver``: all of it follows from its script, the orders it got and the clock.
struct ScriptedJob: Sendable {
    let order: JobOrder
    let script: JobScript
    let bootID: String
    /// Boot clock, ns.
    let started: UInt64
    /// What the group had counted before the job, ns.
    let countedBefore: UInt64
    var log = JobLogEnd()
    private(set) var exit: JobExit?
    private var pausedAt: UInt64?
    private var pausedNanoseconds: UInt64 = 0
    private var ending: (request: StopRequest, at: UInt64)?

    init(
        _ order: JobOrder, _ script: JobScript, bootID: String, at boot: UInt64, countedBefore: UInt64
    ) {
        (self.order, self.script, self.bootID) = (order, script, bootID)
        (started, self.countedBefore) = (boot, countedBefore)
    }

    /// When and why it ends if nothing else happens; nil when it goes on for ever.
    private var coming: (at: UInt64, reason: ExitReason)? {
        var found: [(at: UInt64, reason: ExitReason)] = []
        // A supervisor that does not look ends nothing; the job itself may still come to its end.
        if script.obedience != .never {
            found.append((started + order.wallSecondsMax * 1_000_000_000, .timeLimit))
            if let ending { found.append((ending.at + delay(ending.request), ending.request.reason)) }
        }
        if let end = script.end, pausedAt == nil {
            found.append((started + pausedNanoseconds + end.seconds * 1_000_000_000, end.reason))
        }
        return found.min { $0.at < $1.at }
    }

    private func delay(_ request: StopRequest) -> UInt64 {
        // Who stands still acts on no signal but the last one.
        let waits = script.obedience == .afterGrace || pausedAt != nil
        return waits ? request.graceMilliseconds * 1_000_000 : 0
    }

    /// Boot clock of its end, if nothing else happens.
    var endsAt: UInt64? { coming?.at }

    /// Takes what has happened by now.
    mutating func settle(at boot: UInt64) {
        guard exit == nil, let coming, coming.at <= boot else { return }
        end(coming.reason, at: coming.at)
    }

    mutating func end(_ reason: ExitReason, at boot: UInt64) {
        guard exit == nil else { return }
        resume(at: boot)
        var exit = JobExit(reason, bootID: bootID, started: started, ended: boot, log: log)
        exit.storageBytes = script.storageBytes
        exit.oomKills = script.oomKills
        exit.egressBytes = sent(at: boot)
        if let output = script.output {
            exit.outputBytes = UInt64(output.count)
            exit.outputDigest = SHA256Hex.of(output)
        }
        self.exit = exit
    }

    mutating func stop(_ request: StopRequest, at boot: UInt64) { if ending == nil { ending = (request, boot) } }

    mutating func pause(at boot: UInt64) { if pausedAt == nil, exit == nil { pausedAt = boot } }

    mutating func resume(at boot: UInt64) {
        if let pausedAt { pausedNanoseconds += boot - pausedAt }
        pausedAt = nil
    }

    /// Nanoseconds for which it has run without a pause.
    private func ran(at boot: UInt64) -> UInt64 {
        let until = min(boot, exit?.endedBootNanoseconds ?? .max, pausedAt ?? .max)
        return until - min(until, started + pausedNanoseconds)
    }

    private func sent(at boot: UInt64) -> UInt64? {
        script.egressBytes.map { $0 * (ran(at: boot) / 1_000_000) / 1_000 }
    }

    func cpuNanoseconds(at boot: UInt64) -> UInt64 {
        countedBefore + script.beforehand + script.cpuNanoseconds * (ran(at: boot) / 1_000_000) / 1_000
    }

    func sample(at boot: UInt64, bootID: String, inode: UInt64) -> RawSample {
        RawSample(
            bootID: bootID, bootNanoseconds: boot, cgroupInode: inode, cpuNanoseconds: cpuNanoseconds(at: boot),
            memoryCurrentBytes: exit == nil ? script.memoryBytes : 0, pids: exit == nil ? 1 : 0,
            storageBytes: script.storageBytes, oomKills: script.oomKills, egressBytes: sent(at: boot))
    }
}
