import GCXLinux
import GCXModel
import GCXWire
import Testing

/// Where agent and ledger of a site answer other machines: `https://HOST:PORT` each.
struct FarPlaces {
    /// Nil for one that is found by what its offer says.
    let agent: String?
    let ledger: String

    /// Free ports of two addresses of the loopback interface.
    static func onLoopback() throws -> FarPlaces {
        FarPlaces(
            agent: "https://127.0.0.2:\(try freePort(of: "127.0.0.2"))",
            ledger: "https://127.0.0.3:\(try freePort(of: "127.0.0.3"))")
    }

    static func freePort(of host: String) throws -> String {
        let listener = try TCPListener(host: host, port: 0)
        return try #require(listener.endpoint.split(separator: ":").last.map(String.init))
    }
}

/// As other machines see it.
extension Site {
    /// The ledger as other machines name it.
    var farLedger: String? { far.map { "\($0.ledger)#\(addresses["operator", default: ""])" } }
    /// The agent as other machines name it.
    var farAgent: String? { far?.agent.map { "\($0)#\(addresses["machine", default: ""])" } }

    var farSettings: [String: String] {
        guard let far, let farLedger else { return [:] }
        let doors = [agentEndpoint, far.agent].compactMap { $0.map { "\"\($0)\"" } }
        return [
            "agent.listen": "[\(doors.joined(separator: ", "))]", "ledger.listen": "\"\(far.ledger)\"",
            "ledger.endpoint": "\"\(farLedger)\"",
        ]
    }

    /// Runs a command as somebody on another machine does, who knows places and keys alone.
    func outcomeAfar(
        _ arguments: [String], agent: String? = nil, ledger: String? = nil, timeout: Duration = .seconds(60)
    ) throws -> ChildProcess.Outcome {
        let words = command(arguments, at: .buyer)
        return try ChildProcess(
            words.program, words.arguments, environment: environmentAfar(agent ?? farAgent, ledger ?? farLedger),
            workingDirectory: directory, timeout: timeout
        ).outcome()
    }

    func environmentAfar(_ agent: String?, _ ledger: String?) -> [String: String] {
        var environment = environment
        (environment["GCX_AGENT"], environment["GCX_LEDGER"]) = (agent, ledger)
        return environment
    }

    /// What runs gcx on a host.
    func command(_ arguments: [String], at host: Internet.Host) -> (program: String, arguments: [String]) {
        var words = [Gcx.program] + arguments
        // Who is to find the agent by what its offer says does not see its socket.
        if host == .buyer, let far, far.agent == nil {
            words =
                ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none \"$0\" && exec \"$@\"", path("run")] + words
        }
        if let internet { words = ["nsenter", "--net=\(internet.namespace(of: host))"] + words }
        return (words[0], Array(words.dropFirst()))
    }

    /// A lease whose job wrote one word is settled as on one machine: its log, its output and its money, seen from afar.
    ///
    /// - Parameter fetched: where its output is already; nil fetches it.
    func expectPaid(_ lease: String, agent: String? = nil, fetched: String? = nil) throws {
        let key = signing("buyer")
        let kept = try outcomeAfar(["job", "logs", lease, "--verify"] + key, agent: agent)
        #expect(kept.text.hasPrefix("ok: "), "\(kept.text) \(kept.errorLine)")
        if fetched == nil {
            let output = try outcomeAfar(["job", "output", lease, "--out", path("fetched")] + key, agent: agent)
            #expect(output.status == .exited(0), "\(output.errorLine)")
        }
        #expect(try Files.text("\(fetched ?? path("fetched"))/word") == "word\n")
        try wait("the lease's end", seconds: 30) { try self.inspect(lease).phase == .closed }
        let (receipts, status) = (try receipts(lease), try inspect(lease))
        #expect(receipts.last?.isFinal == true && status.amount == receipts.last?.amount)
        let (owner, buyer) = (try account("owner"), try account("buyer"))
        #expect(owner.balance == status.amount && status.amount > .zero)
        #expect(buyer.balance.adding(status.amount) == Amount(100_000_000) && buyer.escrowed == .zero)
    }
}
