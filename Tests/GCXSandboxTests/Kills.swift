import Foundation
import GCXModel
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// Numbers that follow from a seed (SplitMix64), so that a moment which failed can be had again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The moments at which something is killed: how many and which, from `GCX_KILLS` and `GCX_SEED`.
enum Kills {
    static let count = number("GCX_KILLS") ?? 20
    /// Another one for every run, unless it is named.
    static let seed = number("GCX_SEED") ?? Int(clamping: WallClock.now() / 1_000_000_000)

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    /// One moment, with numbers of its own, so that it does not depend on those before it.
    struct Moment: CustomStringConvertible {
        let index: Int
        let delay: Duration
        var random: Seeded

        /// - Parameter within: the delay is somewhere in it.
        init(_ index: Int, within: Duration) {
            self.index = index
            random = Seeded(UInt64(truncatingIfNeeded: Kills.seed) &* 1_000_003 &+ UInt64(index))
            delay = .microseconds(Int64.random(in: 0...Int64(within.wholeNanoseconds / 1_000), using: &random))
        }

        var description: String { "GCX_SEED=\(Kills.seed), moment \(index), \(delay) after the start" }
    }
}

/// What is killed, in a thread of its own, while the test waits in `start`.
final class Killer: @unchecked Sendable {
    private let lock = NSLock()
    private var isOver = false
    private var victim: (pid: pid_t, words: String)?
    private let done = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - delay: before the first look.
    ///   - find: asked again and again until it answers with a victim or ``finish()`` is called.
    init(after delay: Duration, find: @escaping @Sendable () -> pid_t?) {
        Thread.detachNewThread { [self] in
            GCXLinux.pause(for: delay)
            while !over {
                if let pid = find() {
                    let words = Machine.words(of: pid)
                    let isKilled = kill(pid, SIGKILL) == 0
                    lock.withLock { victim = isKilled ? (pid, words) : nil }
                    break
                }
                GCXLinux.pause(for: .microseconds(100))
            }
            done.signal()
        }
    }

    private var over: Bool { lock.withLock { isOver } }

    /// Gives up looking; the words of whoever was killed, or nil.
    func finish() -> String? {
        lock.withLock { isOver = true }
        done.wait()
        return lock.withLock { victim?.words }
    }
}

extension Machine {
    /// Arguments of a process, in one line.
    static func words(of pid: pid_t) -> String {
        let bytes = (try? Files.bytes("/proc/\(pid)/cmdline")) ?? []
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// Every process but this one.
    static func processes() -> [pid_t] {
        ((try? Files.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.filter { $0 != getpid() }
    }

    /// The supervisor of the job in that directory.
    static func supervisor(of path: String) -> pid_t? {
        processes().first { words(of: $0).hasSuffix("gcx-supervisor \(path) ") }
    }

    /// Processes of the OCI runtime that work for the job in that directory.
    static func runtimes(for path: String) -> [pid_t] {
        processes().filter { words(of: $0).contains("\(path)/runtime.log") }
    }

    /// Whatever runs with an id that only jobs have, or works for a job below `root`.
    static func orphans(of root: String) -> [String] {
        processes().filter { pid in
            var status = stat()
            guard stat("/proc/\(pid)", &status) == 0 else { return false }
            let isJobs = status.st_uid >= SandboxLimits.firstHostID && status.st_uid < 0x8000_0000
            // What has ended and waits for process 1 to collect it is no longer ours.
            let isOver = words(of: pid).isEmpty && !ProcessTable.children(of: getpid()).contains(pid)
            return isJobs && !isOver || words(of: pid).contains(root)
        }.map { "\($0) \(words(of: $0))" }
    }
}
