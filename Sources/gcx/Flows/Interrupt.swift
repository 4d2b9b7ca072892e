import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP as something to wait for, from ``arm(orderly:)`` to ``disarm()``.
///
/// A handler may do no more than count, so whoever waits looks from time to time. One signal more than are waited for ends the
/// program at once, whatever it does then.
enum Interrupt {
    private static let number = Atomic<Int32>(0)
    private static let seen = Atomic<Int>(0)
    private static let most = Atomic<Int>(1)
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// - Parameter orderly: signals that somebody waits for; the next one ends the program.
    static func arm(orderly: Int = 1) {
        // Made here, for a handler must not be the first to touch them.
        number.store(0, ordering: .relaxed)
        seen.store(0, ordering: .relaxed)
        most.store(orderly, ordering: .relaxed)
        for each in signals where !isIgnored(each) {
            Glibc.signal(each) {
                Interrupt.number.store($0, ordering: .relaxed)
                let count = Interrupt.seen.wrappingAdd(1, ordering: .relaxed).newValue
                // bounded: the number of a signal
                if count > Interrupt.most.load(ordering: .relaxed) { _exit(128 + $0) }
            }
        }
    }

    static func disarm() {
        for each in signals where !isIgnored(each) { Glibc.signal(each, SIG_DFL) }
    }

    /// As a shell has it for what runs in its background, and `nohup` for all.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return unsafe handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The last signal that came; nil for none.
    static var pending: Int32? {
        let found = number.load(ordering: .relaxed)
        return found == 0 ? nil : found
    }

    /// How many came.
    static var count: Int { seen.load(ordering: .relaxed) }

    /// What came was answered, and counts no more.
    static func answered() {
        seen.store(0, ordering: .relaxed)
        number.store(0, ordering: .relaxed)
    }

    /// Waits for one more than `count` signals; nil when the task is cancelled before.
    static func next(after count: Int = 0) async -> Int32? {
        while !Task.isCancelled {
            if self.count > count, let pending { return pending }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
