import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// What a buyer needs: a ledger, an agent that lets the buyer in, a key, and money.
struct BuyerChecks {
    let ledger: LedgerOptions
    let agent: AgentOptions
    let key: String?
    let passwordFile: String?

    func all() async -> [Finding] {
        let choice: LedgerChoice
        do { choice = try ledger.choice() } catch { return [.fault("configuration", error)] }
        let ledger = await LedgerCheck(
            place: choice.place, setting: "--ledger, GCX_LEDGER or `gcx ledger use`", saidBy: choice.source.words)
        // bounded: joins lists
        return await ledger.findings + [ClockCheck().finding, reach()] + offers(ledger) + account(ledger)
    }

    private func reach() async -> Finding {
        do {
            let client = try agent.open()
            do throws(AgentError) {
                let status = try await client.status()
                return .ok("agent", "machine \(status.machine.checksummed) answers, gcx \(status.version.shown)")
            } catch {
                guard case .unreachable = error else { return .fault("agent", error) }
                return .warning(
                    "agent", error.description,
                    fix: "Ask the machine's owner where its agent answers and name it with --agent; offers name it too."
                )
            }
        } catch {
            return .fault("agent", error)
        }
    }

    private func offers(_ ledger: LedgerCheck) async -> [Finding] {
        guard let client = ledger.client, let offers = try? await client.offers(liveOnly: true) else { return [] }
        guard !offers.isEmpty else {
            return [
                .warning(
                    "offers", "no machine is for sale on this ledger now", fix: "Try later, or name another ledger.")
            ]
        }
        return [.ok("offers", "\(offers.count) on the ledger; see `gcx offer list`")]
    }

    private func account(_ ledger: LedgerCheck) async -> [Finding] {
        guard let key else {
            return [
                .warning("key", "none is named, so neither it nor its money was looked at", fix: "Name it with --key.")
            ]
        }
        let path: String
        do { path = try KeyFile.path(key) } catch { return [.fault("key", error)] }
        let check = KeyCheck("key", keystore: path, passwordFile: passwordFile)
        guard check.finding.ok, let address = check.address, let client = ledger.client,
            let account = try? await client.account(address)
        else { return [check.finding] }
        return [check.finding, Self.money(account, on: ledger.identity)]
    }

    /// Whether there is anything to pay a lease with.
    static func money(_ account: Account, on ledger: LedgerIdentity?) -> Finding {
        let held = "\(Display.amount(account.balance)) free, \(Display.amount(account.escrowed)) in escrow"
        guard account.balance == .zero else { return .ok("money", held) }
        let command = ledger?.isTestNetwork == true ? "gcx ledger faucet" : "gcx ledger credit issue"
        return .warning(
            "money", held,
            fix: "Ask the ledger's operator for some: `\(command) \(account.address.checksummed) AMOUNT`.")
    }
}
