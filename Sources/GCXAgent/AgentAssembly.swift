package import GCXLedger
import GCXLinux
import GCXModel
package import GCXSandbox
import GCXSigning
package import GCXWire
package import Logging
package import ServiceLifecycle

/// The agent put together: its core, and its services in the order in which they start.
package struct AgentAssembly: Sendable {
    package let core: AgentCore
    /// Started in this order and stopped in the reverse; the caller adds its server at the end.
    package let services: [any Service]
    private let state: AgentState
    private let context: KeeperContext
    private let offers: OfferService

    /// - Throws: `AgentError` when the machine or the state cannot be used; nothing is running then.
    package init(
        _ state: AgentState, settings: AgentSettings, identity: AgentIdentity, ledger: any Ledger,
        driver: any RuntimeDriver, measurer: any MachineMeasurer, logger: Logger, clock: AgentClock = .system
    ) throws(AgentError) {
        self.state = state
        let store = state.store
        var settings = settings
        // Without the cpuset controller nobody can be kept off another's cores.
        settings.jobs.exclusiveCores = settings.jobs.exclusiveCores && driver.facts.canPin
        let problems = Problems()
        let context = KeeperContext(
            identity: identity, settings: settings, store: store, ledger: ledger, driver: driver, problems: problems,
            logger: logger, room: UploadRoom(store: store, settings: settings), clock: clock)
        // A machine that may sell nothing any more still brings its leases to their ends.
        let book = try store.book()
        let isBusy = !book.damaged.isEmpty || book.rows.contains { $0.phase.name != .closed }
        if !isBusy { try identity.requireGrant(at: clock.now()) }
        try state.remember(identity.domain)
        let core = try AgentCore(
            context: context,
            description: .init(runtime: driver.facts.runtime, cgroupLayout: driver.facts.cgroupLayout))
        self.core = core
        self.context = context
        offers = OfferService(context: context, core: core, measurer: measurer)
        services = [
            OutboxService(
                store: store, ledger: ledger, domain: identity.domain, problems: problems, logger: logger,
                pause: clock.pause
            ) {
                for keeper in await core.allKeepers() where await keeper.isWaiting { await keeper.tick() }
            },
            offers,
            WatchService(context: context, core: core),
            LeaseService(core: core, settings: settings, logger: logger, clock: clock),
            SignService(context: context, core: core),
        ]
    }

    /// Notes what is good from the start.
    package func begin() async {
        await context.standing.began(at: context.now(), grantEndsAt: context.identity.grant.document.expiresAt)
    }

    /// Goes on by other settings, and makes another offer where they ask for one. Leases keep their terms.
    ///
    /// - Parameters:
    ///   - settings: as those of the start but for what the agent reads each time that it needs it.
    ///   - waiting: what the owner has to know about the configuration, or nil.
    package func adopt(_ settings: AgentSettings, waiting: String?) async {
        var settings = settings
        settings.jobs.exclusiveCores = context.settings.jobs.exclusiveCores
        context.$settings.replace(settings)
        if let waiting {
            await context.problems.note("configuration", waiting)
        } else {
            await context.problems.clear("configuration")
        }
        offers.bell.ring()
    }

    /// Brings the database into the state in which it can be copied as one file; call it last.
    package func settle() throws(AgentError) { try state.store.settle() }
}
