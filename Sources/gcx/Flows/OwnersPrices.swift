import GCXAgent
import GCXClient
import GCXConfig
import GCXLedger
import GCXModel
import GCXPricing
import GCXSigning

/// Prices that an owner wrote in the ledger's currency, as the base units that offers hold.
extension Configuration {
    /// What each key is the price of; the others take an amount.
    private static let priced: [String: Priced] = [
        "price.lease_hour_base_units": .lease, "price.core_hour_base_units": .core,
        "price.memory_gib_hour_base_units": .memory, "price.gpu_hour_base_units": .gpu,
        "price.storage_gib_hour_base_units": .storage, "price.egress_gib_base_units": .egress,
        "relay.price_gib_base_units": .egress, "agent.relay_max_price_gib_base_units": .egress,
    ]

    /// The same with every amount in base units.
    ///
    /// - Throws: `ConfigError` with every key that this currency cannot express.
    func priced(in currency: Currency, name: String) throws -> Configuration {
        var copy = self
        var problems: [ConfigProblem] = []
        for (path, money) in typed.sorted(by: { $0.key < $1.key }) {
            do throws(MoneyError) {
                let priced = Self.priced[path]  // bounded: a dictionary
                let amount =
                    if let priced { try TypedRate.hourly(money, of: priced, in: currency) } else {
                        try money.amount(in: currency)
                    }
                copy.resolve(amount, at: path)
            } catch {
                problems.append(ConfigProblem(path, "is “\(money.text)”, which \(error.reason).", error.instruction))
            }
        }
        guard problems.isEmpty else { throw ConfigError.invalid(path: name, problems) }
        return copy
    }

    /// The same by what the agent knows of its ledger, which is asked only where it has not said yet what its money is called.
    ///
    /// - Throws: `LedgerError` of a ledger that does not answer: it is no time for a guess.
    func priced(
        knowing state: AgentState, _ domain: EIP712Domain, on ledger: HTTPLedger, name: String
    ) async throws -> Configuration {
        guard !typed.isEmpty else { return self }
        if let known = try state.currency(of: domain) { return try priced(in: known, name: name) }
        let identity = try await ledger.identity()
        try state.remember(identity.money, of: identity.domain)
        return try priced(in: identity.money, name: name)
    }

    /// All of it that no price is part of.
    var unpriced: Configuration {
        var copy = self
        for path in typed.keys { copy.take(nil, at: path) }
        return copy
    }
}
