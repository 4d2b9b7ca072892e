import GCXAgent
import GCXModel

extension AgentClient {
    package func report(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobReport {
        try await read(.get("/v1/leases/\(lease)/report"), by: caller)
    }

    package func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [JobEvent] {
        let path = lease.map { "/v1/leases/\($0)/events" } ?? "/v1/events"
        return try await read(waiting("\(path)?after=\(sequence)&wait=\(waitSeconds)", waitSeconds), by: caller)
    }

    package func bundle(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> String? {
        let answer = try await answer(.get("/v1/leases/\(lease)/bundle"), by: caller)
        return answer.body.isEmpty ? nil : String(decoding: answer.body, as: UTF8.self)
    }

    package func hold(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await read(HTTPCall(method: .POST, path: "/v1/leases/\(lease)/hold", isRepeatable: true), by: caller)
    }

    package func release(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await read(HTTPCall(method: .POST, path: "/v1/leases/\(lease)/release", isRepeatable: true), by: caller)
    }
}
