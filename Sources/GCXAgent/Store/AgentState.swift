import GCXLinux
package import GCXModel
package import GCXSigning
package import GCXWire

/// What an agent knows from its earlier lives: its state directory, which it has for itself, and the database in it.
///
/// It is opened before anything is asked of the ledger: what cannot be gone on with is said at once, and whose ledger the leases are
/// of is known without it.
package struct AgentState: Sendable {
    let store: AgentStore
    /// As long as this lives no other agent works on the directory.
    private let lock: StateLock

    /// - Throws: `AgentError.stateUnusable` when another agent has the directory, or the database cannot be gone on with.
    package init(_ settings: AgentSettings) throws(AgentError) {
        do { try Files.makeDirectories(settings.stateDirectory, mode: 0o700) } catch {
            throw .storage(Untrusted(error.description))
        }
        lock = try StateLock(settings.stateDirectory)
        store = try AgentStore(path: settings.databasePath, dependents: try Self.dependents(settings))
    }

    /// Who the agent is on the ledger that it served last. A grant holds on one ledger alone, so where it holds on that one there is
    /// nothing to ask, and whether the ledger is there now makes no difference.
    ///
    /// - Returns: nil before the agent has met a ledger, and with a grant for another one.
    package func identity(machine: any KeyCustody, grant: Signed<MachineGrant>) throws(AgentError) -> AgentIdentity? {
        guard let known = try ledger else { return nil }
        return try? AgentIdentity(machine: machine, grant: grant, domain: known)
    }

    /// The ledger that the agent served last; nil before the first, and in a database of a time before this was kept.
    var ledger: EIP712Domain? {
        get throws(AgentError) {
            guard let text = try store.setting(Self.ledgerSetting) else { return nil }
            // One that cannot be read is asked for again.
            return try? StoredJSON.decode(EIP712Domain.self, text)
        }
    }

    /// Writes down whose ledger the agent serves from now on.
    func remember(_ ledger: EIP712Domain) throws(AgentError) {
        guard try self.ledger != ledger else { return }
        let text: String
        do { text = try StoredJSON.encode(ledger) } catch { throw .storage(Untrusted(ForeignError.words(error))) }
        try store.set(Self.ledgerSetting, text)
    }

    /// What the money of a ledger is called, where the agent has asked it once: its founder said so, and nobody moves the point later.
    package func currency(of ledger: EIP712Domain) throws(AgentError) -> Currency? {
        guard let text = try store.setting(Self.currencySetting) else { return nil }
        let kept = try? StoredJSON.decode(LedgerMoney.self, text)
        return kept?.ledger == ledger ? kept?.currency : nil
    }

    /// Writes down what the money of a ledger is called.
    package func remember(_ currency: Currency, of ledger: EIP712Domain) throws(AgentError) {
        guard try self.currency(of: ledger) != currency else { return }
        let text: String
        do { text = try StoredJSON.encode(LedgerMoney(ledger: ledger, currency: currency)) } catch {
            throw .storage(Untrusted(ForeignError.words(error)))
        }
        try store.set(Self.currencySetting, text)
    }

    private struct LedgerMoney: Codable {
        let ledger: EIP712Domain
        let currency: Currency
    }

    private static let ledgerSetting = "ledger.domain"
    private static let currencySetting = "ledger.currency"

    /// What only the database explains: directories of jobs and of uploads.
    private static func dependents(_ settings: AgentSettings) throws(AgentError) -> [String] {
        var found: [String] = []
        for folder in [settings.jobsPath, settings.uploadsPath] where Files.exists(folder) {
            // bounded: joins lists
            do { found += try Files.names(in: folder).filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" } } catch {
                throw .storage(Untrusted(error.description))
            }
        }
        return found
    }
}
