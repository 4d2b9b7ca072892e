import GCXModel
import HTTPTypes

/// Why a server did not even ask the ledger or the agent.
enum RequestError: WireError, Equatable {
    case malformed(Untrusted)
    case bodyTooLarge(bytesMax: Int)
    case noSuchRoute(Untrusted)
    /// This ledger cannot show its journal.
    case notTransparent
    case shuttingDown
    /// Something that no closed error describes; the server's log has it.
    case failed

    var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .bodyTooLarge: .contentTooLarge
        case .noSuchRoute: .notFound
        case .notTransparent: .notImplemented
        case .shuttingDown: .serviceUnavailable
        case .failed: .internalServerError
        }
    }

    var description: String {
        switch self {
        case .malformed(let why): "the request is malformed: \(why.shown)"
        case .bodyTooLarge(let most): "the body of the request is larger than \(most) bytes"
        case .noSuchRoute(let path): "there is nothing at \(path.shown)"
        case .notTransparent: "this ledger cannot show its journal"
        case .shuttingDown: "the server is shutting down"
        case .failed: "the server failed; its log says why"
        }
    }

    var remedy: Remedy {
        switch self {
        case .malformed, .notTransparent: .refuse
        case .bodyTooLarge: .fix("Send a smaller document.")
        case .noSuchRoute: .fix("Check the path, and that client and server are of the same version.")
        case .shuttingDown: .retry(after: .seconds(5))
        case .failed: .fix("Read the server's log.")
        }
    }
}
