import GCXLedger
import GCXModel
import GCXSigning
import Logging
import ServiceLifecycle

/// Looks again and again whether the ledger answers, and what it says of the machine's grant and its offer.
///
/// The other services find out about a silent ledger by themselves, each when it needs it; an owner wants to know at once.
package struct WatchService: Service {
    let context: KeeperContext
    let core: AgentCore

    package init(context: KeeperContext, core: AgentCore) {
        self.context = context
        self.core = core
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                await context.clock.pause(AgentLimits.ledgerLookInterval)
            }
        }
    }

    /// One look: three questions.
    func look() async {
        do throws(LedgerError) {
            let identity = try await context.ledger.identity()
            await answered()
            await compare(identity)
            await context.standing.grantSeen(revokedAt: try await grantRevokedAt())
            await context.standing.offerSeen(try await offerProblem())
        } catch  where error.isOfLedger {
            await failed(error)
        } catch {
            context.logger.debug("the ledger has no answer", metadata: ["error": "\(error.description)"])
        }
    }

    private func answered() async {
        guard let seconds = await context.standing.ledgerAnswered(at: context.now()) else { return }
        context.logger.notice("ledger is back", metadata: ["seconds.away": "\(seconds)"])
    }

    private func failed(_ error: LedgerError) async {
        guard await context.standing.ledgerFailed(error, at: context.now()) else { return }
        context.logger.warning(
            "ledger away; jobs go on and are metered, nothing new is leased, and what is written waits for it",
            metadata: ["error": "\(error.description)"])
    }

    /// A ledger that was founded anew in the same place takes nothing that this agent signs.
    private func compare(_ identity: LedgerIdentity) async {
        guard identity.domain != context.identity.domain else { return await context.problems.clear(Self.part) }
        await context.problems.note(
            Self.part,
            "another ledger answers in the place of the agent's own, and takes nothing that this agent signs; bring the old "
                + "one back, or restart the agent with a grant for the new one")
    }

    private func grantRevokedAt() async throws(LedgerError) -> UInt64? {
        let digest = context.identity.grant.digest(in: context.identity.domain)
        do throws(LedgerError) { return try await context.ledger.grant(digest).withdrawnAt } catch {
            // The agent posts it with its first offer.
            if case .unknownGrant = error { return nil }
            throw error
        }
    }

    private func offerProblem() async throws(LedgerError) -> String? {
        guard let offer = await core.offer else { return nil }
        do throws(LedgerError) {
            let record = try await context.ledger.offer(offer.digest)
            if record.withdrawnAt != nil { return "the offer was withdrawn on the ledger" }
            return record.isLive(at: context.now()) ? nil : "the offer is over, and the next is not on the ledger yet"
        } catch {
            if case .unknownOffer = error { return "the ledger does not have the offer yet" }
            throw error
        }
    }

    private static let part = "ledger"
}
