import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Glibc
import Synchronization

/// What a purchase has brought into the world so far, and how that is taken back.
final class Holding: Sendable {
    enum Stage: Sendable {
        /// Nothing is signed.
        case nothing
        /// A demand that is on the ledger, or will be in a moment.
        case demand(Digest)
        /// Terms that the machine, and then the ledger, may have by now.
        case proposal(Bought, demand: Digest)
        /// An open lease, with a job or without.
        case lease(Bought)
        /// A lease whose job is over and paid for; the machine closes it.
        case settled(Bought)
    }

    private let ledger: any Ledger
    private let buyer: any KeyCustody
    private let folder: BuyerFolder
    private let stage = Mutex(Stage.nothing)

    init(_ purchase: Purchase) {
        (ledger, buyer, folder) = (purchase.ledger, purchase.buyer, purchase.folder)
    }

    func hold(_ stage: Stage) { self.stage.withLock { $0 = stage } }

    /// The lease that may be open, for words.
    var lease: LeaseID? {
        switch stage.withLock({ $0 }) {
        case .nothing, .demand: nil
        case .proposal(let bought, _), .lease(let bought), .settled(let bought): bought.lease
        }
    }

    /// Runs `body`, and cancels it at the first signal. Whatever ends it but success takes back what there is.
    ///
    /// - Throws: ``PurchaseError``; `ExitCode` after a signal, when what became of the money was said.
    func guarding<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let work = Task { try await body() }
        let watch = Task { if await Interrupt.next() != nil { work.cancel() } }
        defer { watch.cancel() }
        let failure: any Error
        do { return try await work.value } catch { failure = error }
        throw await self.failure(failure)
    }

    /// Takes back what there is, and answers what to throw.
    func failure(_ error: any Error) async -> any Error {
        let count = Interrupt.count
        let hurry = Task {
            guard let number = await Interrupt.next(after: count) else { return }
            leave(number)
        }
        defer { hurry.cancel() }
        let money = await release()
        if let number = Interrupt.pending {
            Terminal.complain("stopped; \(money)")
            return ExitCode(128 + number)  // bounded: the number of a signal
        }
        guard let cause = error as? any RemediedError else {
            Terminal.complain(money)
            return error
        }
        return PurchaseError(cause: cause, money: money)
    }

    /// Ends the program at once, and says how what is left is ended.
    func leave(_ number: Int32) -> Never {
        let rest = lease.map {
            ": its lease stays open until `gcx job cancel \($0)` or `gcx lease close \($0)`, or its machine, ends it"
        }
        Terminal.complain("left at once\(rest ?? "")")
        exit(128 + number)  // bounded: the number of a signal
    }

    /// Takes back what there is, also when the task is cancelled, and says what became of the money.
    ///
    /// Cost: up to a minute where agent or ledger do not answer.
    func release() async -> String { await Task { await self.takeBack() }.value }

    private func takeBack() async -> String {
        switch stage.withLock({ $0 }) {
        case .nothing: "nothing was signed, and nothing was paid"
        case .demand(let digest): await withdraw(digest)
        case .proposal(let bought, let demand): await retract(bought, demand)
        case .lease(let bought): await close(bought)
        case .settled(let bought): Closing.words(bought, try? await bought.flow.awaitClose(), folder)
        }
    }

    private func withdraw(_ demand: Digest) async -> String {
        do {
            let identity = try await ledger.identity()
            let document = Withdrawal(subject: demand, reason: "", issuedAt: identity.ledgerTime)
            try await ledger.post(.withdrawal(Signed(document, by: buyer, in: identity.domain)))
            return "nothing was paid, and the demand was withdrawn"
        } catch LedgerError.unknownSubject {
            return "nothing was paid"
        } catch {
            return "nothing was paid; the demand lapses in \(Display.span(Purchase.demandSeconds)) at the latest"
        }
    }

    /// A lease that may have been opened just before something went wrong.
    private func retract(_ bought: Bought, _ demand: Digest) async -> String {
        do {
            _ = try await ledger.lease(bought.lease)
        } catch LedgerError.leaseUnknown {
            folder.forget(bought.lease)
            return await withdraw(demand)
        } catch {
            return "whether the lease was opened is not known: `gcx lease show \(bought.lease)` tells it, "
                + "and `gcx lease close \(bought.lease)` ends it"
        }
        return await close(bought)
    }

    /// The machine closes at once; where it does not, the ledger does at the end of the close window.
    private func close(_ bought: Bought) async -> String {
        do {
            try await answer(within: Closing.patience) { try await Closing.cancel(bought) }
            let record = try await bought.flow.awaitClose(within: Closing.patience)
            if record.escrow.isClosed { return Closing.words(bought, record, folder) }
        } catch {}
        do {
            let identity = try await ledger.identity()
            let request = CloseRequest(
                channel: bought.lease, requester: buyer.address, requestedAt: identity.ledgerTime)
            try await ledger.post(.closeRequest(Signed(request, by: buyer, in: identity.domain)))
        } catch {}
        return Closing.words(bought, try? await ledger.lease(bought.lease), folder)
    }
}

/// How a lease that was bought ends.
enum Closing {
    /// What a machine that answers needs to close a lease.
    static let patience: Duration = .seconds(10)
    /// Tries, a fifth of a second apart: the machine may not have looked yet whether the lease is open.
    private static let triesMax = 25

    /// Asks the machine to end the lease's job, or the lease if there is none.
    static func cancel(_ bought: Bought) async throws {
        for _ in 1..<triesMax {  // bounded: a constant
            do {
                _ = try await bought.flow.agent.cancel(bought.lease, by: bought.flow.caller)
                return
            } catch AgentError.wrongPhase {
                let status = try await bought.flow.agent.job(bought.lease, by: bought.flow.caller)
                guard status.phase == .proposed else { return }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        _ = try await bought.flow.agent.cancel(bought.lease, by: bought.flow.caller)
    }

    /// What the ledger says became of the money. What is settled is forgotten.
    static func words(_ bought: Bought, _ record: LeaseRecord?, _ folder: BuyerFolder) -> String {
        guard let record else {
            return "the lease could not be closed, for nobody answers: end it with `gcx lease close \(bought.lease)`; "
                + "no more than the deposit of \(Display.amount(bought.terms.deposit)) can be paid"
        }
        if record.escrow.isClosed { folder.forget(bought.lease) }
        switch record.escrow {
        case .closed(let settled, let refunded, _):
            return "paid \(Display.amount(settled)), and \(Display.amount(refunded)) of the deposit came back"
        case .closing(_, _, _, let closesAt):
            return
                "the lease closes at \(RFC3339.moment(closesAt)); then `gcx lease finalize \(bought.lease)` sends back "
                + "what the machine has not claimed of \(Display.amount(record.deposit))"
        case .open:
            return "the lease is still open: end it with `gcx lease close \(bought.lease)`"
        }
    }
}

/// What `body` answers, or an error when that takes too long: for whoever cannot wait as long as a client does.
@discardableResult
private func answer<Value: Sendable>(
    within time: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            throw CancellationError()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

/// Why a purchase did not go through, with what became of the money.
struct PurchaseError: RemediedError {
    let cause: any RemediedError
    let money: String

    var description: String { "\(cause.description); \(money)" }
    var remedy: Remedy { cause.remedy }
}
