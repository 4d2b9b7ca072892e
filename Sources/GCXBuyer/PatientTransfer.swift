import GCXModel
package import GCXWire

/// Large files in and out of an agent whose connections break: each try goes on where the one before stopped, and as long as bytes
/// move between the failures, nobody gives up.
package struct PatientTransfer: Sendable {
    private let patience: Patience

    package init(_ patience: Patience = Patience()) { self.patience = patience }

    /// - Parameters:
    ///   - digest: SHA-256 of the file, 64 hexadecimal digits.
    ///   - size: bytes of it.
    ///   - there: how many bytes the agent has.
    ///   - send: sends the rest, and notes that it moves.
    /// - Throws: ``BuyerError/agent(_:)``, ``BuyerError/agentSilent(for:last:)``, ``BuyerError/cancelled``.
    package func upload(
        digest: String, size: UInt64, there: @Sendable () async throws(AgentError) -> UInt64,
        send: @Sendable (UploadPart?, Patience.Movement) async throws(AgentError) -> Void
    ) async throws(BuyerError) {
        let movement = Patience.Movement()
        try await patience.call(moving: movement) { () async throws(AgentError) in
            let bytes = try await there()
            // The answer to the last try was lost, and nothing else.
            if bytes == size, size > 0 { return }
            do throws(AgentError) {
                try await send(UploadPart(digest: digest, from: bytes <= size ? bytes : 0), movement)
            } catch .badRequest where bytes > 0 {
                // What was there is gone: the agent has started again.
                try await send(UploadPart(digest: digest), movement)
            }
        }
    }

    /// - Parameter fetch: fetches what is missing of the file, and notes that it moves.
    /// - Throws: as ``upload(digest:size:there:send:)``.
    package func download<Value: Sendable>(
        _ fetch: @Sendable (Patience.Movement) async throws(AgentError) -> Value
    ) async throws(BuyerError) -> Value {
        let movement = Patience.Movement()
        return try await patience.call(moving: movement) { () async throws(AgentError) in try await fetch(movement) }
    }
}
