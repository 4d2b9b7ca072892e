import GCXClient
import GCXLedger
import GCXModel
import GCXWire

/// Finds the agent that answers for a machine, before anything is signed or sent to it.
///
/// The places in an offer are a stranger's words: only what ``Endpoint`` can express is asked, and only for its public status,
/// until its machine is known to be the right one. That is no proof yet, for a status is not signed; what follows is, and
/// another machine cannot sign it.
struct AgentSearch {
    /// By `--agent` or GCX_AGENT: nobody else is asked then.
    let named: Endpoint?
    /// This machine's own agent, asked before those that the offer names.
    let installed: Endpoint?

    /// - Parameter machine: whose agent it has to be.
    /// - Throws: ``CommandError`` when no agent of that machine answers, with the place to ask.
    func agent(of machine: Address, answeringAt words: [Untrusted]) async throws -> AgentClient {
        let told = words.compactMap { try? Endpoint($0) }
        if let named {
            let found = try await AgentClient(named).status().machine
            guard found == machine else { throw wrong(named, found, machine, told) }
            return AgentClient(named)
        }
        var others: [String] = []
        // bounded: joins lists
        for endpoint in [installed].compactMap(\.self) + told where !others.contains("\(endpoint)") {
            if await Self.machine(at: endpoint) == machine { return AgentClient(endpoint) }
            others.append("\(endpoint)")
        }
        throw CommandError(
            "the agent of machine \(machine.checksummed) answers neither at \(others.joined(separator: " nor at "))",
            fix: "Ask the machine's owner where its agent answers and name it with --agent, or choose another offer.")
    }

    private func wrong(_ place: Endpoint, _ found: Address, _ wanted: Address, _ told: [Endpoint]) -> CommandError {
        let other = told.first { $0 != place }
        return CommandError(
            "the agent at \(place) is of machine \(found.checksummed), and the contract is with \(wanted.checksummed); "
                + "nothing was signed",
            fix: other.map { "Name the agent that the offer names: --agent \($0)" }
                ?? "Ask the machine's owner where its agent answers and name it with --agent, or choose another offer.")
    }

    /// Whose agent answers there; nil when none does in a few seconds.
    private static func machine(at endpoint: Endpoint) async -> Address? {
        await withTaskGroup(of: Address?.self) { group in
            group.addTask { try? await AgentClient(endpoint).publicStatus().machine }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// An agent on this machine answers in milliseconds.
    private static let patience: Duration = .seconds(5)
}

extension AgentSearch {
    func agent(for offer: Offer) async throws -> AgentClient {
        try await agent(of: offer.machine, answeringAt: offer.conduct?.endpoints ?? [])
    }

    /// The agent with which a lease was made.
    func agent(of terms: LeaseTerms, on ledger: any Ledger) async throws -> AgentClient {
        try await agent(for: try await ledger.offer(terms.offer).document)
    }
}
