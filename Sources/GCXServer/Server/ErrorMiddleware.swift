import FoundationEssentials
import GCXModel
import GCXWire
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Turns every error of a route into an envelope with a fitting status.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext
    let logger: Logger

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any WireError {
            return try respond(error, to: request)
        } catch {
            return try respond(describe(error, request), to: request)
        }
    }

    private func respond(_ error: some WireError, to request: Request) throws -> Response {
        let line: Logger.Level = error.status.code >= 500 ? .warning : .debug
        logger.log(
            level: line, "request refused",
            metadata: [
                "http.method": "\(request.method)", "http.path": "\(request.uri.path)",
                "http.status": "\(error.status.code)", "error": "\(error.description)",
            ])
        var response = try Response.json(ErrorEnvelope(error, at: request.uri.path), status: error.status)
        response.headers[.contentType] = ProblemWire.contentType
        if let after = error.retryAfterSeconds { response.headers[.retryAfter] = "\(after)" }
        return response
    }

    private func describe(_ error: any Error, _ request: Request) -> RequestError {
        switch error {
        case is CancellationError: return .shuttingDown
        case let error as HTTPParserError: return RequestError(error)
        case let error as HTTPError where error.status == .notFound: return .noSuchRoute(Untrusted(request.uri.path))
        case let error as HTTPError where error.status.kind == .clientError:
            return .malformed(Untrusted(error.body ?? error.status.reasonPhrase))
        case let error as JSONError: return .malformed(Untrusted(error.description))
        default:
            logger.error(
                "request failed", metadata: ["http.path": "\(request.uri.path)", "error": "\(error)"])
            return .failed
        }
    }
}
