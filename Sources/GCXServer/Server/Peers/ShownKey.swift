import GCXModel
import GCXSigning
import GCXWire
import Synchronization

/// The TLS key that a client has proved to hold, once its handshake is done.
final class ShownKey: Sendable {
    private let key = Mutex<Address?>(nil)

    /// What a session names it by; nil when the client showed none.
    var address: Address? { key.withLock { $0 } }

    func set(_ address: Address) { key.withLock { $0 = address } }
}

extension Visit {
    /// Whether a session is shown by whom it was made for.
    ///
    /// Behind TLS that is the key of the client's own handshake. Elsewhere there is no such key, so a session that names one is of
    /// no use there either: it names its account.
    func check(_ session: ApiSession) throws(AgentError) {
        guard let shown else {
            guard session.session == session.account else {
                throw .notAllowed(
                    "the session is for the key \(session.session.checksummed), which nobody can show without TLS")
            }
            return
        }
        guard let key = shown.address else {
            throw .notAllowed("the session is for one key, and the client showed none in its handshake")
        }
        guard key == session.session else {
            throw .notAllowed(
                "the session is for the key \(session.session.checksummed), and the client's own is \(key.checksummed)")
        }
    }
}
