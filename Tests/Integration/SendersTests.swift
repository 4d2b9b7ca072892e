import Foundation
import GCXLinux
import Glibc
import Senders
import Testing

extension WholeLeases {
    /// What strangers send, to live processes. Each case says what stops it; around each the agent and the ledger stay
    /// the processes that they were, answer an honest client in time, hold little memory and make nothing outside.
    @Suite("What strangers send")
    struct SendersTests {
        @Test("is refused or harmless, and nobody waits for it", arguments: Sending.Group.allCases)
        func senders(group: Sending.Group) throws {
            let cases = Sending.all.filter { $0.group == group && Self.isWanted($0) }
            guard !cases.isEmpty else { return }
            let site = try SenderSite()
            // Those that last go at once; each of the others goes alone.
            let lasting = cases.filter(\.lasts)
            if !lasting.isEmpty { try send(lasting, at: site) }
            for sending in cases where !sending.lasts { try send([sending], at: site) }
        }

        private func send(_ batch: [Sending], at site: SenderSite) throws {
            let began = BootClock.now()
            let watch = SenderWatch(site)
            let answers = SentAtOnce(batch, to: site.ground).answers()
            let seen = site.honest.take()
            let others = seen.wrong + watch.wrong(site)
            let milliseconds = (BootClock.now() - began) / 1_000_000
            for (sending, answer) in zip(batch, answers) {
                var (wrong, note) = (others, "")
                switch answer {
                case .success(let answer):
                    wrong = sending.expected.wrong(with: answer) + wrong
                    note = answer.note.map { ", \($0)" } ?? ""
                case .failure(let error): wrong.insert("could not be sent: \(error)", at: 0)
                }
                let line =
                    "\(sending.group.rawValue): \(sending.sends) (\(milliseconds) ms, others waited "
                    + "\(seen.milliseconds) ms for \(seen.slowest)\(note))"
                print(wrong.isEmpty ? "ok \(line)" : "not ok \(line): \(wrong.joined(separator: "; "))")
                #expect(
                    wrong.isEmpty,
                    "\(sending.sends), to be stopped by \(sending.stoppedBy): \(wrong.joined(separator: "; "))")
            }
            try site.revive()
        }

        @Test("there are at least sixty, each with a name of its own")
        func count() {
            #expect(Sending.all.count >= 60)
            #expect(Set(Sending.all.map { "\($0.group): \($0.sends)" }).count == Sending.all.count)
            for group in Sending.Group.allCases { #expect(Sending.all.contains { $0.group == group }) }
        }

        /// `GCX_SENDERS` holds words of the cases to try, for work on one of them.
        private static func isWanted(_ sending: Sending) -> Bool {
            guard let words = ProcessInfo.processInfo.environment["GCX_SENDERS"] else { return true }
            return words.split(separator: "|").contains { "\(sending.group.rawValue): \(sending.sends)".contains($0) }
        }
    }
}

/// Cases that are sent at the same time, each from a thread of its own.
final class SentAtOnce: @unchecked Sendable {
    private let batch: [Sending]
    private let ground: Ground
    private let lock = NSLock()
    private var found: [Int: Result<Answer, any Error>] = [:]

    init(_ batch: [Sending], to ground: Ground) { (self.batch, self.ground) = (batch, ground) }

    /// What came back, in the order of the cases, once it has come for all.
    func answers() -> [Result<Answer, any Error>] {
        let group = DispatchGroup()
        for (index, sending) in batch.enumerated() {
            group.enter()
            Thread.detachNewThread { [self] in
                let answer = Result { try sending.make(ground) }
                lock.withLock { found[index] = answer }
                group.leave()
            }
        }
        group.wait()
        return batch.indices.compactMap { found[$0] }
    }
}

/// What the machine looked like before a case.
struct SenderWatch {
    /// What agent and ledger may hold more than before, bytes: a few pages and documents in work at all their limits.
    static let memoryGrowthMax: UInt64 = 192 << 20

    private let pids: [Site.Process: pid_t]
    private let memory: [Site.Process: UInt64]
    private let host: [String]

    init(_ site: SenderSite) {
        pids = site.site.processes
        for pid in pids.values { ProcessMemory.forget(pid) }
        memory = pids.mapValues { ProcessMemory.now(of: $0) }
        host = Self.host(site.site)
    }

    /// What is wrong afterwards.
    func wrong(_ site: SenderSite) -> [String] {
        var wrong: [String] = []
        for (process, pid) in pids.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard site.isAlive(process), site.site.processes[process] == pid else {
                wrong.append("ended the \(process.rawValue)")
                continue
            }
            let grown = ProcessMemory.highest(of: pid).subtractingReportingOverflow(memory[process] ?? 0)
            if !grown.overflow, grown.partialValue > Self.memoryGrowthMax {
                wrong.append("the \(process.rawValue) took \(grown.partialValue >> 20) MiB")
            }
        }
        let new = Self.host(site.site).filter { !host.contains($0) }
        return wrong + new.map { "made or changed \($0)" }
    }

    /// Files that nobody but a stranger would make: devices, FIFOs and set-uid programs anywhere below the site, files by
    /// the cases' own name; and files that must stay as they are.
    private static func host(_ site: Site) -> [String] {
        let special =
            (try? ChildProcess(
                "find", [site.directory, "-type", "b,c,p", "-o", "-type", "f", "-perm", "/6000"]
            ).outcome().text) ?? ""
        let places = ["/", "/tmp/", "/etc/", "\(site.directory)/", "\(site.directory)/agent/"]
        let named = places.flatMap { folder in
            ((try? Files.names(in: folder)) ?? []).filter { $0.contains("gcx-evil") }.map { folder + $0 }
        }
        let kept = ["/etc/passwd", "/dev/null", "/dev/zero"].map { path in
            var status = stat()
            lstat(path, &status)
            return "\(path) \(status.st_mode) \(status.st_nlink) \(status.st_size) \(status.st_uid)"
        }
        return special.split(separator: "\n").map(String.init) + named + kept
    }
}
