package import GCXModel

/// Why a text is no address that gcx speaks to or listens on.
package enum EndpointError: RemediedError, Equatable {
    /// The text is no endpoint.
    case invalid(String, reason: String)
    /// The text names a host beyond this machine, and no TLS.
    case notLocal(String)
    /// The text does not say who has to answer there.
    case noSigner(String)

    package var description: String {
        switch self {
        case .invalid(let text, let reason): "“\(text)” is no address of an agent or a ledger: \(reason)"
        case .notLocal(let text):
            "“\(text)” is not on this machine: without TLS, gcx speaks only through a unix socket or the loopback "
                + "interface"
        case .noSigner(let text): "“\(text)” does not say whose server has to answer there"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .invalid, .notLocal:
            .fix("Give `unix:/path/to/socket`, `http://127.0.0.1:PORT`, or `https://HOST:PORT` for another machine.")
        case .noSigner:
            .fix(
                "Write `#` and the address of the ledger's operator, or of the machine, behind it: https://HOST:PORT#0x…."
            )
        }
    }
}
