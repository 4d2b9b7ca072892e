import ArgumentParser
import GCXClient
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// `gcx session`: who speaks to an agent in the buyer's name.
struct SessionNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "See who spoke to an agent in your name, and shut a session out.",
        subcommands: [SessionList.self, SessionRevoke.self])
}

/// `gcx session list`.
struct SessionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your sessions at an agent, newest first, with the last use of each.",
        discussion: """
            Each command that speaks to an agent with --key signs a session, which is good for a day and for that command's \
            own TLS key. One that was used when you ran nothing, or from where you are not, is somebody else's: \
            `gcx session revoke`. The owner of the machine, without --key, sees those of all. An agent keeps the last few of \
            an account. \(SessionTable.make([], own: nil).orderText)
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        let sessions = try await client.allSessions(by: who)
        if output.json { return try Terminal.json(sessions.map(SessionDocument.init)) }
        var own: ApiSession?
        if case .session(let session) = who { own = session.document }
        Terminal.say(SessionTable.make(sessions, own: own), empty: "no sessions")
    }
}

/// `gcx session revoke`.
struct SessionRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Shut a session out, or all: its holder is refused at once, and cut off.",
        discussion: """
            The account's key signs it, which whoever stole a session does not have. It cannot be taken back; every command \
            signs a session of its own anyway. With --all also commands of yours that attend a job end: go on with \
            `gcx job pay`. Jobs and leases are not touched.
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the session, or its beginning.")
    var session: DigestName?

    @Flag(help: "All sessions that were signed until now.")
    var all = false

    func validate() throws {
        guard (session == nil) == all else {
            throw ValidationError("revoking takes the id of a session, or --all, and not both")
        }
    }

    func run() async throws {
        let client = try agent.open()
        try await client.requireThere()
        let custody = try key.unlock()
        let (machine, domain) = try await CallerOptions.place(of: client, ledger: ledger)
        let id = try await session?.session(on: client, by: custody, machine: machine, in: domain)
        let revocation = SessionRevocation(
            account: custody.address, audience: machine, session: id ?? .zero, at: WallClock.seconds())
        let revoked = try await client.revoke(try await Signed(revocation, by: custody, in: domain))
        if all { try await Self.passSecond(revocation.at) }
        if output.json { return try Terminal.json(RevocationDocument(revocation, revoked)) }
        Terminal.say(Self.words(revoked.seen, isOfAll: all))
    }

    /// What the account signs from now on is of another second, so that it is not meant.
    private static func passSecond(_ second: UInt64) async throws {
        while WallClock.seconds() <= second { try await Task.sleep(for: .milliseconds(20)) }
    }

    private static func words(_ seen: UInt64, isOfAll: Bool) -> String {
        if isOfAll { return "revoked \(Display.count(seen, "session")), and all that the agent has not seen" }
        return seen > 0
            ? "revoked" : "the agent knows no such session of this account; it will be refused should it come"
    }
}

extension DigestName {
    /// A session of the account's own; one by a whole id needs not be known.
    func session(
        on agent: AgentClient, by custody: any KeyCustody, machine: Address, in domain: EIP712Domain
    ) async throws -> Digest {
        try await digest(of: "session") {
            let caller = try await CallerOptions.caller(custody, of: agent, machine: machine, in: domain)
            return try await agent.allSessions(by: caller).map {
                Candidate(
                    id: $0.id, words: "last used \(RFC3339.moment($0.lastUsedAt)), from \(SessionTable.places($0))")
            }
        }
    }
}
