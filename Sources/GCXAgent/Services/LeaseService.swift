import GCXLinux
import GCXModel
import GCXWire
package import Logging
import ServiceLifecycle

/// Looks after every lease, again and again, until the agent stops.
///
/// On a stop the jobs go on under their supervisors: the agent only writes one last receipt for each, so that the buyer
/// can pay for what was used until then, and finds the jobs again when it comes back.
package struct LeaseService: Service {
    let core: AgentCore
    let settings: AgentSettings
    let logger: Logger
    let clock: AgentClock

    package init(core: AgentCore, settings: AgentSettings, logger: Logger, clock: AgentClock) {
        self.core = core
        self.settings = settings
        self.logger = logger
        self.clock = clock
    }

    package func run() async throws {
        for keeper in await core.allKeepers() { await keeper.resume() }
        await cancelWhenGracefulShutdown {
            var nextSample = clock.boot()
            var nextFollow = nextSample
            var nextClean = nextSample
            while !Task.isCancelled {
                let now = clock.boot()
                let isSampleDue = now >= nextSample
                let isFollowDue = now >= nextFollow
                // bounded here: a clock of nanoseconds since the start, and settings and constants of minutes at most
                if isSampleDue { nextSample = now + settings.sampleInterval.wholeNanoseconds }
                if isFollowDue { nextFollow = now + Nanoseconds.of(seconds: AgentLimits.ledgerPollSeconds) }
                if now >= nextClean {
                    nextClean = now + Nanoseconds.of(seconds: AgentLimits.cleanSeconds)
                    await core.reconcile()
                    await core.closeLapsed()
                    await core.forgetOldHistory()
                    await core.keepSessions()
                }
                await pass(sample: isSampleDue, follow: isFollowDue)
                await clock.pause(AgentLimits.endPollInterval)
            }
        }
        for keeper in await core.allKeepers() { await keeper.closeBooks() }
        await core.keepSessions()
        logger.info("leases left to their supervisors")
    }

    /// All leases side by side: one that waits for its disk does not delay another's sample.
    private func pass(sample: Bool, follow: Bool) async {
        await withTaskGroup(of: Void.self) { group in
            for keeper in await core.allKeepers() {
                group.addTask {
                    let isOver = await keeper.hasEnded()
                    let isWaiting = await keeper.isWaiting
                    if sample || isOver || isWaiting { await keeper.tick() }
                    if follow { await keeper.follow() }
                    if await keeper.isWiped { await core.forget(keeper.id) }
                }
            }
        }
    }
}

extension LeaseKeeper {
    /// True in the phases whose next step is somebody else's, so that it is looked for often.
    var isWaiting: Bool {
        switch phase {
        case .proposed, .settling: true
        default: false
        }
    }

    /// One last receipt before the agent goes away.
    func closeBooks() async {
        switch phase {
        case .starting:
            // What the next life of the agent takes up again did not fail in this one.
            await attempt("last receipt") { () async throws(AgentError) in try context.store.forgiveStart(id) }
        case .running, .paused, .held, .ending:
            await attempt("last receipt") { () async throws(AgentError) in
                try await exclusively { () async throws(AgentError) in
                    await happened(
                        .agent, "the agent stops; the job goes on under its supervisor", inReceipt: true)
                    try await issueReceipt()
                }
            }
        default: break
        }
    }
}
