package import GCXModel
package import HTTPTypes

/// Why a server did not even ask the ledger or the agent.
package enum RequestError: WireError, Equatable {
    case malformed(Untrusted)
    case bodyTooLarge(bytesMax: Int)
    case headersTooLarge(bytesMax: Int)
    /// What came of a request in all the time there was.
    case tooSlow(Untrusted)
    /// This peer has as many requests on their way as it may.
    case tooManyRequests
    /// This peer has used up a quota.
    case quotaUsed(Untrusted, afterSeconds: Int64)
    case noSuchRoute(Untrusted)
    /// This ledger cannot show its journal.
    case notTransparent
    case shuttingDown
    /// Something that no closed error describes; the server's log has it.
    case failed

    package var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .bodyTooLarge: .contentTooLarge
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .tooSlow: .requestTimeout
        case .tooManyRequests, .quotaUsed: .tooManyRequests
        case .noSuchRoute: .notFound
        case .notTransparent: .notImplemented
        case .shuttingDown: .serviceUnavailable
        case .failed: .internalServerError
        }
    }

    package var description: String {
        switch self {
        case .malformed(let why): "the request is malformed: \(why.shown)"
        case .bodyTooLarge(let most): "the body of the request is larger than \(NumberText.count(most, "byte"))"
        case .headersTooLarge(let most):
            "the head of the request is larger than \(NumberText.count(most, "byte")) or has more than \(NumberText.count(WireLimits.headersMax, "field"))"
        case .tooSlow(let what): "\(what.shown) did not come in time"
        case .tooManyRequests: "too many requests of this user or address are on their way"
        case .quotaUsed(let what, let after):
            "this user or address has used up its quota of \(what.shown) for the next \(NumberText.span(seconds: UInt64(clamping: after)))"
        case .noSuchRoute(let path): "there is nothing at \(path.shown)"
        case .notTransparent: "this ledger cannot show its journal"
        case .shuttingDown: "the server is shutting down"
        case .failed: "the server failed; its log says why"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .malformed, .notTransparent: .refuse
        case .bodyTooLarge: .fix("Send a smaller document.")
        case .headersTooLarge: .fix("Send fewer and shorter header fields.")
        case .tooSlow: .retry(after: .seconds(1))
        case .tooManyRequests: .retry(after: WireLimits.busyRetry)
        case .quotaUsed(_, let after): .retry(after: .seconds(after))
        case .noSuchRoute: .fix("Check the path, and that client and server are of the same version.")
        case .shuttingDown: .retry(after: .seconds(5))
        case .failed: .fix("Read the server's log.")
        }
    }
}
