import Foundation
import GCXLinux
import GCXModel

/// An honest client in a thread of its own: it asks agent and ledger again and again, each time on a connection of its own
/// and never twice, and keeps the longest it waited.
package final class HonestClient: @unchecked Sendable {
    /// Nobody waits longer, milliseconds.
    package static let millisecondsMax: UInt64 = 1_000
    private let lock = NSLock()
    private var isOver = false
    private var rounds = 0
    private var seen = Seen()
    private let done = DispatchSemaphore(value: 0)

    /// What the client saw since it was last asked.
    package struct Seen: Sendable {
        package var milliseconds: UInt64 = 0
        package var slowest = ""
        package var answers = 0
        package var failures: [String] = []

        /// What is wrong with that.
        package var wrong: [String] {
            failures.prefix(3).map { "an honest client got no answer: \($0)" }
                + (milliseconds > HonestClient.millisecondsMax
                    ? ["an honest client waited \(milliseconds) ms for \(slowest)"] : [])
        }
    }

    /// - Parameter questions: a place, and a request whose answer is a success.
    package init(_ questions: [(name: String, place: Place, request: [UInt8])]) {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ isOver }) {
                for question in questions { ask(question.name, question.place, question.request) }
                lock.withLock { rounds += 1 }
                pause(for: .milliseconds(100))
            }
            done.signal()
        }
    }

    private func ask(_ name: String, _ place: Place, _ request: [UInt8]) {
        let began = BootClock.now()
        let peer = try? Peer(place, seconds: 5)
        peer?.send(request)
        let reply = peer?.reply()
        let took = (BootClock.now() - began) / 1_000_000
        lock.withLock {
            if reply?.isSuccess == true {
                seen.answers += 1
            } else {
                seen.failures.append(
                    "\(name): \(reply.map { "\($0.status) \($0.body.prefix(100))" } ?? "no connection")")
            }
            if took > seen.milliseconds { (seen.milliseconds, seen.slowest) = (took, name) }
        }
    }

    /// Waits until everything was asked once more, and answers what was seen since the last time.
    package func take() -> Seen {
        let wanted = lock.withLock { rounds } + 2
        while lock.withLock({ rounds }) < wanted { pause(for: .milliseconds(20)) }
        return lock.withLock {
            defer { seen = Seen() }
            return seen
        }
    }

    package func end() {
        lock.withLock { isOver = true }
        done.wait()
    }
}
