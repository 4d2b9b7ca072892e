package import HTTPTypes

extension AgentError: WireError {
    package var status: HTTPResponse.Status {
        switch self {
        case .notAllowed, .sessionRevoked, .grantExpired, .socketClosed: .forbidden
        case .unknownLease, .logNotKept: .notFound
        case .wrongPhase, .escrowMissing, .unpaid: .conflict
        case .termsRefused, .voucherRefused, .imageRefused, .inputRefused, .revocationRefused: .unprocessableContent
        case .badRequest: .badRequest
        case .tooLarge: .contentTooLarge
        case .noRoom: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .sandbox, .storage, .stateUnusable, .logDamaged: .internalServerError
        case .waitingForLedger: .serviceUnavailable
        case .ledger, .unreachable, .notTrusted, .answerImpossible, .newer: .badGateway
        }
    }
}
