import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

/// Asks the agent five times a second how it is, in a thread of its own, and keeps the longest it waited.
final class Asker: @unchecked Sendable {
    private let lock = NSLock()
    private var isOver = false
    private var seen = (longest: UInt64(0), answers: 0, failures: 0)
    private let done = DispatchSemaphore(value: 0)

    init(socket path: String) {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ isOver }) {
                let began = BootClock.now()
                let isAnswered = Self.ask(path)
                let took = BootClock.now() - began
                lock.withLock {
                    seen.longest = max(seen.longest, took)
                    if isAnswered { seen.answers += 1 } else { seen.failures += 1 }
                }
                pause(for: .milliseconds(200))
            }
            done.signal()
        }
    }

    /// Ends; the longest wait in milliseconds, the answers, and the questions without one.
    func finish() -> (milliseconds: UInt64, answers: Int, failures: Int) {
        lock.withLock { isOver = true }
        done.wait()
        return lock.withLock { (seen.longest / 1_000_000, seen.answers, seen.failures) }
    }

    private static func ask(_ path: String) -> Bool {
        let file = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(file.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        let isOpen = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        let question = "GET /healthz HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n"
        guard isOpen, (try? file.write(question.utf8, object: path)) != nil else { return false }
        var answer = [UInt8](repeating: 0, count: 512)
        let count = answer.withUnsafeMutableBytes { read(file.number, $0.baseAddress, $0.count) }
        return count > 12 && String(decoding: answer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}

extension WholeLeases {
    /// What the owner sees of a machine whose buyer means no good.
    @Suite("An agent with a hostile job")
    struct AnswerTests {
        private static let programs = [
            "bomb() { bomb | bomb & }; bomb; sleep 3",
            "for i in 1 2 3; do dd if=/dev/zero of=/dev/null bs=60M count=1; done",
            "x=a; while true; do x=$x$x; done",
            "dd if=/dev/zero bs=1M count=64; echo flood >&2",
            "i=0; while : > /tmp/$i; do i=$((i+1)); done; dd if=/dev/zero of=/output/all bs=1M",
            "trap '' TERM INT HUP QUIT; kill -STOP 1; kill -9 -1; sleep 1",
            "while :; do (while :; do :; done) & done",
        ]

        @Test("answers within a second throughout, and sells the next lease")
        func answers() throws {
            let site = try Site()
            try site.open(funds: "1000000000000")
            let asker = Asker(socket: site.path("run/agent.sock"))
            var ends: [ExitReason?] = []
            for program in Self.programs {
                let lease = try site.lease()
                _ = site.finish(try site.spawn(site.running(program, on: lease, limit: "4"), log: "\(lease).out"))
                try site.wait("the lease's end", seconds: 20) { try site.inspect(lease).phase == .closed }
                ends.append(try site.inspect(lease).exit)
            }
            let seen = asker.finish()
            #expect(ends.allSatisfy { if case .hostFailure = $0 { false } else { $0 != nil } }, "\(ends)")
            #expect(seen.failures == 0 && seen.answers >= 5 * Self.programs.count, "\(seen)")
            #expect(seen.milliseconds <= 1_000, "\(seen)")
            #expect(try site.traces() == [])
        }
    }
}
