import GCXClient
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

/// Finds the agent that answers for a machine, before anything is signed or sent to it.
///
/// The places in an offer are a stranger's words: only what `Endpoint` can express is asked, and only for its public status,
/// until its machine is known to be the right one. That is no proof yet, for a status is not signed; what follows is, and
/// another machine cannot sign it.
struct AgentSearch {
    /// By `--agent` or GCX_AGENT: nobody else is asked then.
    let named: ServerAddress?
    /// This machine's own agent, asked before those that the offer names.
    let installed: ServerAddress?

    /// - Parameter machine: whose agent it has to be.
    /// - Throws: ``CommandError`` when no agent of that machine answers, with the place to ask.
    func agent(of machine: Address, answeringAt words: [Untrusted]) async throws -> AgentClient {
        let told = Self.inOrder(words.compactMap { try? ServerAddress(told: $0, by: machine) })
        if let named {
            let found = try await AgentClient(named).status().machine
            guard found == machine else { throw wrong(named, found, machine, told) }
            return AgentClient(named)
        }
        var (others, closed): ([String], AgentError?) = ([], nil)
        // bounded: joins lists
        for address in [installed].compactMap(\.self) + told where !others.contains("\(address)") {
            switch await Self.machine(at: address) {
            case .success(machine): return Self.client(address, told)
            case .failure(.socketClosed(let path, let group)):
                closed = closed ?? .socketClosed(path: path, group: group)
            default: break
            }
            others.append("\(address)")
        }
        // Most likely it is the one behind the socket that this user may not open.
        if let closed { throw closed }
        throw CommandError(
            "the agent of machine \(machine.checksummed) answers neither at \(others.joined(separator: " nor at "))",
            fix: "Ask the machine's owner where its agent answers and name it with --agent, or choose another offer.")
    }

    /// A place that the machine's key proves goes before one that is only said to be its own, and a straight way before a relay.
    static func inOrder(_ told: [ServerAddress]) -> [ServerAddress] {
        let (direct, others) = (
            told.filter { $0.endpoint.isSecure && !$0.isRelayed }, told.filter { !$0.endpoint.isSecure }
        )
        return direct + others + told.filter(\.isRelayed)  // bounded: joins lists
    }

    /// Goes the other ways that the offer names, where the one that was found ends. Only behind TLS is it the same agent for sure.
    private static func client(_ found: ServerAddress, _ told: [ServerAddress]) -> AgentClient {
        guard found.signer != nil else { return AgentClient(found) }
        let others = told.filter { $0.signer != nil && $0 != found }
        return AgentClient(any: [found] + others, else: found)  // bounded: joins lists
    }

    private func wrong(_ place: ServerAddress, _ found: Address, _ wanted: Address, _ told: [ServerAddress])
        -> CommandError
    {
        let other = told.first { $0 != place }
        return CommandError(
            "the agent at \(place) is of machine \(found.checksummed), and the contract is with \(wanted.checksummed); "
                + "nothing was signed",
            fix: other.map { "Name the agent that the offer names: --agent \($0)" }
                ?? "Ask the machine's owner where its agent answers and name it with --agent, or choose another offer.")
    }

    /// Whose agent answers there, or why that is not known: an agent that answers no question in a few seconds does not answer.
    private static func machine(at address: ServerAddress) async -> Result<Address, AgentError> {
        await withTaskGroup(of: Result<Address, AgentError>.self) { group in
            group.addTask {
                do throws(AgentError) { return .success(try await AgentClient(address).publicStatus().machine) } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return .failure(silence)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(silence)
        }
    }

    private static let silence = AgentError.unreachable("no answer in \(patience.components.seconds) s")

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
