import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Logging
import ServiceLifecycle

/// Shows the ledger that the machine is there, for as long as it sells something, and says so when it leaves.
///
/// A ledger lists an offer only while its machine is heard, so that no buyer is sent to one that is gone.
package struct SignService: Service {
    let sender: SignSender

    package init(context: KeeperContext, core: AgentCore) {
        sender = SignSender(context: context, core: core)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled { await sender.wait(await sender.sign()) }
        }
        await sender.leave()
    }
}

/// Makes signs that grow in time, one at a time.
actor SignSender {
    private let context: KeeperContext
    private let core: AgentCore
    /// The date of the last sign, Unix seconds.
    private var last: UInt64 = 0
    /// The offer of the last sign that was taken, while the ledger may list it.
    private var shown: Digest?
    /// Boot clock of the last sign that was taken, or of the start, ns.
    private var heardAt: UInt64

    init(context: KeeperContext, core: AgentCore) {
        self.context = context
        self.core = core
        heardAt = context.clock.boot()
    }

    /// Sends one sign for what is for sale.
    ///
    /// - Returns: how long to wait for the next.
    func sign() async -> Duration {
        guard let (offer, seconds) = await offer else {
            await hide()
            return AgentLimits.offerLookInterval
        }
        do throws(LedgerError) {
            try await send(offer, isLeaving: false)
            heardAt = context.clock.boot()
            shown = offer
            await context.problems.clear(Self.part)
            return max(.seconds(Int64(clamping: seconds / AgentLimits.signsPerSpan)), AgentLimits.signRetryInterval)
        } catch {
            await note(error, offer, seconds)
            return AgentLimits.signRetryInterval
        }
    }

    /// Until the next sign is due, or what was shown is no longer what is for sale.
    func wait(_ pause: Duration) async {
        let clock = context.clock
        let end = clock.boot().saturatingSum(pause.wholeNanoseconds)
        while !Task.isCancelled {
            let now = clock.boot()
            guard now < end else { return }
            // bounded: the end is later, asked first
            let look = min(end - now, AgentLimits.offerLookInterval.wholeNanoseconds)
            await clock.pause(.nanoseconds(Int64(clamping: look)))
            if let shown, await offer?.0 != shown { return }
        }
    }

    /// Says that what was shown is not for sale any more: it was taken down. A ledger that does not hear it finds out by itself.
    private func hide() async {
        guard let offer = shown else { return }
        shown = nil
        try? await send(offer, isLeaving: true)
    }

    /// Says that the machine stops, if the ledger takes it soon: it finds out by itself.
    func leave() async {
        guard let (offer, _) = await offer else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.send(offer, isLeaving: true) }
            group.addTask { await self.context.clock.pause(AgentLimits.leavingTimeout) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What is for sale and has to be shown, and for how many seconds it is listed without a sign.
    private var offer: (Digest, seconds: UInt64)? {
        get async {
            guard let offer = await core.offer, let seconds = offer.signed.document.conduct?.signSeconds, seconds > 0
            else { return nil }
            return (offer.digest, seconds)
        }
    }

    private func send(_ offer: Digest, isLeaving: Bool) async throws(LedgerError) {
        last = max(context.now(), last.saturatingSum(1))
        let sign = SignOfLife(
            machine: context.identity.machine.address, offer: offer, at: last, isLeaving: isLeaving)
        let signed: Signed<SignOfLife>
        do { signed = try await context.identity.sign(sign) } catch {
            throw .signRefused(offer, reason: Untrusted(error.description))
        }
        try await context.ledger.see(signed)
    }

    /// A ledger that is silent for a moment is the outbox's to notice, and an offer may be on its way to it; what has not been
    /// heard for as long as the offer says is not listed.
    private func note(_ error: LedgerError, _ offer: Digest, _ seconds: UInt64) async {
        let silent = Nanoseconds.wholeSeconds(
            in: context.clock.boot().subtractingReportingOverflow(heardAt).partialValue)
        let mayPass = if case .unknownOffer = error { true } else { error.isOfLedger }
        guard !mayPass || silent > seconds else { return }
        await context.problems.note(
            Self.part, "offer \(offer.short) is not listed, or soon will not be: \(error.description)")
    }

    private static let part = "signs of life"
}
