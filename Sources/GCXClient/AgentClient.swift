import GCXJobLog
package import GCXLedger
package import GCXModel
package import GCXSigning
package import GCXWire
import HTTPTypes
import NIOHTTP1

/// An agent in another process, reached through its `AgentServer`.
///
/// It throws the very errors of the agent, and `AgentError.unreachable` when no answer came: then the call may
/// have been obeyed or not.
package struct AgentClient: AgentOperations {
    let ways: ServerWays
    /// The way that is taken now.
    var address: ServerAddress { ways.current }
    var endpoint: Endpoint { address.endpoint }
    let transport: HTTPTransport

    package init(_ address: ServerAddress, transport: HTTPTransport = .shared) {
        self.init(any: [address], else: address, transport: transport)
    }

    /// One that goes another way when one is closed: when a relay ends, say.
    ///
    /// - Parameters:
    ///   - addresses: of one and the same agent, the best first.
    ///   - other: taken when the list is empty.
    package init(any addresses: [ServerAddress], else other: ServerAddress, transport: HTTPTransport = .shared) {
        ways = ServerWays(addresses, else: other)
        self.transport = transport
    }

    /// One on this machine.
    package init(_ endpoint: Endpoint, transport: HTTPTransport = .shared) {
        self.init(ServerAddress(endpoint), transport: transport)
    }

    /// A session for this client: whoever else gets hold of it can do nothing with it where the agent is behind TLS.
    ///
    /// - Parameters:
    ///   - machine: whose agent it is.
    ///   - now: Unix seconds.
    /// - Throws: `AgentError.unreachable` when nobody is named who has to answer.
    package func session(
        of account: Address, machine: Address, at now: UInt64, seconds: UInt64
    ) throws(AgentError) -> ApiSession {
        let key: Address?
        do throws(TransportError) {
            key = try transport.sessionKey(for: address)
        } catch {
            throw unreachable(error)
        }
        return ApiSession(
            account: account, session: key ?? account, audience: machine, issuedAt: now,
            expiresAt: now.saturatingSum(seconds))
    }

    package func status() async throws(AgentError) -> AgentStatus {
        try await read(.get("/v1/status"), by: .owner)
    }

    package func publicStatus() async throws(AgentError) -> AgentStatus {
        var status = try await status()
        (status.jobs, status.problems, status.outboxPending) = ([], [], 0)
        return status
    }

    /// Asks whether there is an agent, for whoever would otherwise wait for one that restarts.
    ///
    /// - Throws: `AgentError.unreachable` or `AgentError.socketClosed` where nobody listens. Whatever comes over a connection
    ///   is an answer, and how good it is shows the call that follows.
    package func requireThere() async throws(AgentError) {
        do {
            _ = try await transport.answer(.get("/healthz"), from: address)
        } catch {
            if error.isBeforeSending { throw unreachable(error) }
        }
    }

    package func checkHealth() async throws(AgentError) { _ = try await answer(.get("/healthz"), by: .owner) }

    package func propose(_ proposal: LeaseProposal) async throws(AgentError) -> CountersignedTerms {
        try await post("/v1/leases", proposal, by: .owner, isRepeatable: false)
    }

    package func submit(
        _ request: JobRequest, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> JobStatus {
        try await post("/v1/leases/\(lease)/job", request, by: caller, isRepeatable: false)
    }

    package func jobs(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<JobStatus> {
        try await page("/v1/jobs", from: place, by: caller)
    }

    /// A page of a list that goes from high places to low ones.
    func page<Item: Decodable & Sendable>(
        _ path: String, from place: UInt64?, by caller: Caller
    ) async throws(AgentError) -> Page<Item> {
        let path = place.map { "\(path)?from=\($0)" } ?? path
        let answer = try await answer(.get(path, answerBytesMax: ClientLimits.pageAnswerBytesMax), by: caller)
        guard let text = answer.headers.first(name: ListWire.next.canonicalName) else {
            return Page(items: try read(answer), next: nil)
        }
        guard let next = UInt64(digits: text), next < place ?? .max else {
            throw .answerImpossible("its list does not go on")
        }
        return Page(items: try read(answer), next: next)
    }

    package func job(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        let status: JobStatus = try await read(.get("/v1/leases/\(lease)/job"), by: caller)
        guard status.lease == lease else {
            throw .answerImpossible("lease \(lease.short) was asked for, and \(status.lease.short) was answered")
        }
        return status
    }

    package func cancel(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await read(
            HTTPCall(method: .POST, path: "/v1/leases/\(lease)/cancel", isRepeatable: true), by: caller)
    }

    package func receipts(
        _ lease: LeaseID, after: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [Signed<Receipt>] {
        var call = waiting("/v1/leases/\(lease)/receipts?after=\(after)&wait=\(waitSeconds)", waitSeconds)
        call.answerBytesMax = ClientLimits.pageAnswerBytesMax
        let receipts: [Signed<Receipt>] = try await read(call, by: caller)
        try Self.requireOrder(receipts.map(\.document.sequence), after: after, "receipt")
        return receipts
    }

    /// All receipts of a lease, a page at a time.
    ///
    /// - Throws: `AgentError.answerImpossible` beyond `most` of them, or what a call throws.
    package func allReceipts(
        _ lease: LeaseID, by caller: Caller, most: Int = ClientLimits.receiptsMax
    ) async throws(AgentError) -> [Signed<Receipt>] {
        var receipts: [Signed<Receipt>] = []
        while true {
            let page = try await self.receipts(
                lease, after: receipts.last?.document.sequence ?? 0, waitSeconds: 0, by: caller)
            if page.isEmpty { return receipts }
            receipts += page  // bounded: joins lists
            guard receipts.count <= most else {
                throw .answerImpossible("lease \(lease.short) has more than \(NumberText.count(most, "receipt"))")
            }
        }
    }

    /// A page that does not go on would be asked for again and again.
    static func requireOrder(_ numbers: [UInt64], after: UInt64, _ what: String) throws(AgentError) {
        var last = after
        for number in numbers {
            guard number > last else {
                throw .answerImpossible("after \(what) \(last) comes \(what) \(number)")
            }
            last = number
        }
    }

    package func accept(_ voucher: Signed<Voucher>) async throws(AgentError) -> VoucherReceipt {
        try await post("/v1/leases/\(voucher.document.channel)/vouchers", voucher, by: .owner, isRepeatable: true)
    }

    package func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) async throws(AgentError) -> LogPage {
        let path = "/v1/leases/\(lease)/log?\(LogWire.text(query))"
        var call = waiting(path, query.waitSeconds)
        // bounded here: a page of `logPageBytesMax` at most, and constants
        // Of records that are larger than the page, one comes.
        call.answerBytesMax =
            Int(clamping: min(query.bytesMax, WireLimits.logPageBytesMax)) + JobLogLimits.logRecordBytesMax
            + JobLog.overheadBytes
        let answer = try await answer(call, by: caller)
        guard let page = LogWire.page(answer) else {
            throw .answerImpossible("a page of a log was asked for, and something else came")
        }
        return page
    }

    /// A call that the server may keep waiting for so long.
    func waiting(_ path: String, _ seconds: UInt64) -> HTTPCall {
        var call = HTTPCall.get(path)
        // bounded: `longPollSecondsMax` at most
        call.timeout += .seconds(Int64(min(seconds, WireLimits.longPollSecondsMax)))
        return call
    }

    func post<Value: Decodable>(
        _ path: String, _ body: some Encodable, by caller: Caller, isRepeatable: Bool
    ) async throws(AgentError) -> Value {
        let bytes: [UInt8]
        do {
            bytes = try WireJSON.encode(body)
        } catch {
            throw .badRequest("the request cannot be written as JSON: \(ForeignError.words(error))")
        }
        return try await read(
            HTTPCall(method: .POST, path: path, body: bytes, isRepeatable: isRepeatable), by: caller)
    }

    func read<Value: Decodable>(_ call: HTTPCall, by caller: Caller) async throws(AgentError) -> Value {
        try read(try await answer(call, by: caller))
    }

    private func read<Value: Decodable>(_ answer: HTTPAnswer) throws(AgentError) -> Value {
        do {
            return try WireJSON.answer(Value.self, from: answer.body)
        } catch {
            throw unreachable("its answer makes no sense: \(error.description)")
        }
    }

    /// The answer as it came, when it is a success.
    func answer(_ call: HTTPCall, by caller: Caller) async throws(AgentError) -> HTTPAnswer {
        var call = call
        call.authorization = try Self.authorization(caller)
        let answer = try await answer(call)
        guard answer.isSuccess else { throw failure(answer) }
        return answer
    }

    /// Any answer, by any way: by another one where this one let the call not through, or let nothing back and it may be sent twice.
    private func answer(_ call: HTTPCall) async throws(AgentError) -> HTTPAnswer {
        // bounded: the list of ways is never empty
        for _ in 0..<ways.others {
            let way = address
            do throws(TransportError) {
                return try await transport.answer(call, from: way)
            } catch {
                guard error.isOfTheWay else { throw unreachable(error) }
                ways.leave(way)
                guard error.isBeforeSending || call.isRepeatable else { throw unreachable(error) }
            }
        }
        let last = address
        do throws(TransportError) {
            return try await transport.answer(call, from: last)
        } catch {
            if error.isOfTheWay { ways.leave(last) }
            throw unreachable(error)
        }
    }

    /// The header of a session; the owner needs none, for the kernel tells the agent who has connected.
    static func authorization(_ caller: Caller) throws(AgentError) -> String? {
        guard case .session(let session) = caller else { return nil }
        do {
            return try SessionHeader.value(session)
        } catch {
            throw .badRequest("the session cannot be written as JSON: \(ForeignError.words(error))")
        }
    }

    /// The agent's own error; anything else that is no success did not come from an agent that could be asked.
    func failure(_ answer: HTTPAnswer) -> AgentError {
        if let envelope = try? WireJSON.answer(ErrorEnvelope<AgentError>.self, from: answer.body) {
            return envelope.error
        }
        if let envelope = try? WireJSON.answer(ErrorEnvelope<RequestError>.self, from: answer.body) {
            return envelope.error.asAgentError ?? unreachable(envelope.message)
        }
        if let newer = try? WireJSON.answer(ErrorSummary.self, from: answer.body) {
            return .newer(code: Untrusted(newer.code), newer.message, remedy: newer.remedy)
        }
        return unreachable("HTTP status \(answer.status)")
    }

    func unreachable(_ error: TransportError) -> AgentError {
        if let (why, remedy) = error.distrust { return .notTrusted("\(endpoint): \(why)", remedy: Untrusted(remedy)) }
        guard case (.notPermitted, .unix(let path)) = (error, endpoint) else {
            return unreachable(Untrusted(error.detail))
        }
        return .socketClosed(path: path, group: SocketAccess.groupAllowed(path))
    }

    func unreachable(_ detail: Untrusted) -> AgentError { .unreachable("\(endpoint): \(detail)") }
}

extension RequestError {
    /// Nil when the agent was not asked, but might be asked again.
    fileprivate var asAgentError: AgentError? {
        switch self {
        case .malformed(let why): .badRequest(why)
        // bounded: a limit of ours
        case .bodyTooLarge(let most): .tooLarge("the body of the request", bytesMax: UInt64(most))
        case .noSuchRoute, .notTransparent, .headersTooLarge: .badRequest(Untrusted(description))
        case .shuttingDown, .failed, .tooSlow, .tooManyRequests, .quotaUsed: nil
        }
    }
}
