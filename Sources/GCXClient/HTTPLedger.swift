package import GCXLedger
package import GCXModel
package import GCXSigning
package import GCXWire
import NIOHTTP1
import Synchronization

/// A ledger in another process, reached through its `LedgerServer`.
///
/// It throws the very errors of the ledger behind it. When nothing was sent the error is
/// `LedgerError.unreachable`; when the answer to a post got lost it is
/// `LedgerError.outcomeUnknown`, and posting the same entry again is safe.
package final class HTTPLedger: TransparentLedger {
    let address: ServerAddress
    var endpoint: Endpoint { address.endpoint }
    private let transport: HTTPTransport
    /// Asked for once, for it never changes: keys of entries need it.
    private let domain = Mutex<EIP712Domain?>(nil)

    package init(_ address: ServerAddress, transport: HTTPTransport = .shared) {
        self.address = address
        self.transport = transport
    }

    /// One on this machine.
    package convenience init(_ endpoint: Endpoint, transport: HTTPTransport = .shared) {
        self.init(ServerAddress(endpoint), transport: transport)
    }

    package func identity() async throws(LedgerError) -> LedgerIdentity {
        let identity: LedgerIdentity = try await get("/v1/identity")
        domain.withLock { $0 = identity.domain }
        return identity
    }

    @discardableResult
    package func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt {
        let body = try PostedEntry.canonicalJSON(entry)
        guard body.count <= WireLimits.entryBodyBytesMax else {
            throw .documentTooLarge(entry.kind, field: "entry", max: WireLimits.entryBodyBytesMax)
        }
        let key = entry.key(in: try await knownDomain())
        let call = HTTPCall(method: .POST, path: "/v1/entries", body: body, isRepeatable: true)
        let answer: HTTPAnswer
        do {
            answer = try await transport.answer(call, from: address)
        } catch {
            guard error.isBeforeSending else { throw .outcomeUnknown(key, after: ClientLimits.outcomeRetry) }
            throw unreachable(error)
        }
        do { return try read(answer) } catch {
            guard case .unreadable = error, Self.mayBeWritten(answer) else { throw error }
            throw .outcomeUnknown(key, after: ClientLimits.outcomeRetry)
        }
    }

    /// Whether the ledger may have taken what this answers: it is a success that nobody can read, or the word of somebody between,
    /// to whom the ledger did not answer.
    private static func mayBeWritten(_ answer: HTTPAnswer) -> Bool {
        if answer.isSuccess { return true }
        return answer.status >= 500 && (try? WireJSON.answer(ErrorEnvelope<LedgerError>.self, from: answer.body)) == nil
    }

    /// The answer says nothing, so that a lost one costs nothing: the next sign follows.
    package func see(_ sign: Signed<SignOfLife>) async throws(LedgerError) {
        let body: [UInt8]
        do { body = try WireJSON.encode(sign) } catch { throw unreadable(Untrusted(ForeignError.words(error))) }
        let call = HTTPCall(method: .POST, path: "/v1/signs", body: body, isRepeatable: true)
        let _: [String: String] = try read(try await answer(call))
    }

    private func knownDomain() async throws(LedgerError) -> EIP712Domain {
        if let known = domain.withLock({ $0 }) { return known }
        return try await identity().domain
    }

    func get<Value: Decodable>(_ path: String) async throws(LedgerError) -> Value {
        try read(try await answer(.get(path)))
    }

    func answer(_ call: HTTPCall) async throws(LedgerError) -> HTTPAnswer {
        do {
            return try await transport.answer(call, from: address)
        } catch .answerTooLarge(let most) {
            throw unreadable(Untrusted(TransportError.answerTooLarge(bytesMax: most).detail))
        } catch {
            throw unreachable(error)
        }
    }

    func read<Value: Decodable>(_ answer: HTTPAnswer) throws(LedgerError) -> Value {
        guard answer.isSuccess else { throw failure(answer) }
        do {
            return try WireJSON.answer(Value.self, from: answer.body)
        } catch {
            throw unreadable(Untrusted(error.description))
        }
    }

    private func failure(_ answer: HTTPAnswer) -> LedgerError {
        if let envelope = try? WireJSON.answer(ErrorEnvelope<LedgerError>.self, from: answer.body) {
            return envelope.error
        }
        // The server did not ask the ledger: nothing was written.
        if let refused = try? WireJSON.answer(ErrorEnvelope<RequestError>.self, from: answer.body),
            case .retry = refused.error.remedy
        {
            return .unreachable(endpoint: "\(endpoint)", detail: refused.message)
        }
        let summary = try? WireJSON.answer(ErrorSummary.self, from: answer.body)
        return unreadable(summary?.message ?? "HTTP status \(answer.status)")
    }

    func unreadable(_ detail: Untrusted) -> LedgerError { .unreadable(endpoint: "\(endpoint)", detail: detail) }

    private func unreachable(_ error: TransportError) -> LedgerError {
        if let (why, remedy) = error.distrust {
            return .notTrusted(endpoint: "\(endpoint)", detail: Untrusted(why), remedy: Untrusted(remedy))
        }
        return .unreachable(endpoint: "\(endpoint)", detail: Untrusted(error.detail))
    }
}
