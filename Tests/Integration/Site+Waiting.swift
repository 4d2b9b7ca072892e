import GCXLinux

// For what takes its time.
extension Site {
    /// Looks every 50 ms until the condition holds. An error of the condition counts as not yet.
    func wait(_ what: String, seconds: UInt64, _ condition: () throws -> Bool) throws {
        let deadline = BootClock.now() + seconds * 1_000_000_000
        var last: (any Error)?
        while BootClock.now() < deadline {
            do { if try condition() { return } } catch { last = error }
            pause(for: .milliseconds(50))
        }
        throw timedOut(what, seconds, last)
    }

    /// The same without a thread, of which tests have as many as the machine has processors: for what takes a minute.
    func waitAside(_ what: String, seconds: UInt64, _ condition: () throws -> Bool) async throws {
        let deadline = BootClock.now() + seconds * 1_000_000_000
        var last: (any Error)?
        while BootClock.now() < deadline {
            do { if try condition() { return } } catch { last = error }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw timedOut(what, seconds, last)
    }

    private func timedOut(_ what: String, _ seconds: UInt64, _ last: (any Error)?) -> LinuxError {
        let logs = [Process.ledger, .agent].map { (try? Files.text(path("\($0).log")))?.suffix(1_500) ?? "" }
        return LinuxError.timedOut(
            operation: "wait for", object: "\(what); \(last.map { "\($0)" } ?? ""); \(logs)", after: .seconds(seconds))
    }
}
