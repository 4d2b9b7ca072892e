package import GCXModel
package import GCXWire
import NIOHTTP1

extension AgentClient {
    package func report(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobReport {
        try await read(
            .get("/v1/leases/\(lease)/report", answerBytesMax: ClientLimits.pageAnswerBytesMax), by: caller)
    }

    package func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [JobEvent] {
        let path = lease.map { "/v1/leases/\($0)/events" } ?? "/v1/events"
        var call = waiting("\(path)?after=\(sequence)&wait=\(waitSeconds)", waitSeconds)
        call.answerBytesMax = ClientLimits.pageAnswerBytesMax
        let events: [JobEvent] = try await read(call, by: caller)
        try Self.requireOrder(events.map(\.sequence), after: sequence, "event")
        return events
    }

    package func bundle(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> String? {
        let answer = try await answer(.get("/v1/leases/\(lease)/bundle"), by: caller)
        guard !answer.body.isEmpty else { return nil }
        guard let text = String(validating: answer.body, as: UTF8.self) else {
            throw .answerImpossible("the bundle is not UTF-8")
        }
        return text
    }

    package func hold(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await read(HTTPCall(method: .POST, path: "/v1/leases/\(lease)/hold", isRepeatable: true), by: caller)
    }

    package func release(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await read(HTTPCall(method: .POST, path: "/v1/leases/\(lease)/release", isRepeatable: true), by: caller)
    }
}
