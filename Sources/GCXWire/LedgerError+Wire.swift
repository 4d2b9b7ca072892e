package import GCXLedger
package import HTTPTypes

extension LedgerError: WireError {
    /// 403 who, 404 what, 400 and 413 how it is written, 409 the state of the book, 5xx the store.
    package var status: HTTPResponse.Status {
        switch self {
        case .badSignature, .notAllowed, .notTestNetwork, .testNetwork: .forbidden
        case .unknownGrant, .unknownAttestation, .unknownOffer, .unknownDemand, .unknownSubject, .leaseUnknown,
            .unknownEntry, .unknownTree:
            .notFound
        case .malformed, .datedAhead, .amountOverflow, .termsDiffer: .badRequest
        case .documentTooLarge: .contentTooLarge
        case .storage, .corrupted, .wrongOperator, .wrongNetwork, .wrongCurrency, .unknownFormat: .internalServerError
        case .locked, .clockJumped: .serviceUnavailable
        case .unreachable, .notTrusted, .unreadable: .badGateway
        case .outcomeUnknown: .gatewayTimeout
        default: .conflict
        }
    }
}
