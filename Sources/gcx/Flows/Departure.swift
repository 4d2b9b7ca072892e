import GCXModel
import GCXPricing
import GCXWire
import Glibc

/// Ctrl-C, or SIGTERM, while a job is attended: the job is not ended by it, so its buyer is told what goes on.
///
/// The first one asks the agent where the job stands, says it, and ends the command with 128 + the signal's number; a second
/// one ends it at once.
struct Departure: Sendable {
    /// Asks the agent where the job stands.
    let ask: @Sendable () async throws -> JobStatus
    let terms: LeaseTerms
    let lease: LeaseID
    /// The options that name the payer's key, as they were typed; empty where they need not be typed again.
    let key: String
    /// What else has to be said to attend the job, with a space before it.
    let others: String
    /// What attends the job again, where it is not `gcx job run`.
    var payer: String?

    /// Runs `body`; when a signal comes meanwhile, says what goes on, after `before`, and ends the program.
    func watching<Value: Sendable>(
        before: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        Interrupt.arm()
        defer { Interrupt.disarm() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                guard let number = await Interrupt.next() else { return nil }
                before()
                Terminal.complain(words(await status()).joined(separator: "\n"))
                exit(128 + number)  // bounded: the number of a signal
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// Where the job stands; nil when the agent does not say so at once.
    private func status() async -> JobStatus? {
        await withTaskGroup(of: JobStatus?.self) { group in
            group.addTask { try? await ask() }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// What goes on, and what can be done: pure, for a status may be wanting.
    func words(_ status: JobStatus?) -> [String] {
        var lines: [String]
        // bounded here: joins lists
        switch status.map(\.isActive) {
        case false?: lines = ["The job is over (\(status?.stateText ?? "")); its last receipts are not answered yet."]
        case true?: lines = goesOn(status) + money(status)
        case nil:
            lines = ["The agent does not say where the job stands; it most likely goes on."] + goesOn(nil) + money(nil)
        }
        // bounded: joins lists
        lines += [
            "  attend it again:   \(payer ?? "gcx job run --attach --lease \(lease) \(key)\(others)")",
            "  read its log:      gcx job logs \(lease) --follow \(key)".trimmedEnd,
            "  end it:            gcx job cancel \(lease) \(key)".trimmedEnd,
        ]
        return lines
    }

    private func goesOn(_ status: JobStatus?) -> [String] {
        let state = status.map { " (\($0.stateText))" } ?? ""
        return ["The job goes on\(state). Nobody answers its receipts now, so nothing more of it is paid."]
    }

    /// How long it may go on so: what the owner gives on credit, and what is left of the deposit.
    private func money(_ status: JobStatus?) -> [String] {
        let used = status.map { $0.amountNow.subtracting($0.vouched) ?? .zero } ?? .zero
        let credit = terms.creditLimit.subtracting(used) ?? .zero
        let deposit = status.map { max($0.deposit, terms.deposit).subtracting($0.amountNow) ?? .zero } ?? terms.deposit
        let left = min(credit, deposit)
        let hourly = try? Pricing.hourlyCeiling(terms.resources, rates: terms.rates)
        let time = hourly.flatMap { Pricing.secondsCovered(by: left, hourly: $0) }
        let span = time.map { ", in full use \(Display.span($0))" } ?? ""
        return [
            "It has credit for \(Display.amount(left)) more\(span); then it is paused, and ended \(Display.span(terms.graceSeconds)) later."
        ]
    }

    /// An agent that is there answers in milliseconds.
    private static let patience: Duration = .seconds(2)
}
