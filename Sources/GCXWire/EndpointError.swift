package import GCXModel

/// Why a text is no address that gcx speaks to or listens on.
package enum EndpointError: RemediedError, Equatable {
    /// The text is no endpoint.
    case invalid(String, reason: String)
    /// The text names a host beyond this machine.
    case notLocal(String)

    package var description: String {
        switch self {
        case .invalid(let text, let reason): "“\(text)” is no address of an agent or a ledger: \(reason)"
        case .notLocal(let text):
            "“\(text)” is not on this machine: without TLS, gcx speaks only through a unix socket or the loopback "
                + "interface"
        }
    }

    package var remedy: Remedy {
        .fix("Give `unix:/path/to/socket` or `http://127.0.0.1:PORT`; reach other machines through an SSH tunnel.")
    }
}
