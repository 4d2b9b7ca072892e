import GCXWire
import Hummingbird

/// Lets a request of a peer that has as many on their way as it may wait for a moment, and refuses it then;
/// and answers no peer faster than it may be answered.
struct PeerMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let visit = Visit.current else { return try await next(request, context) }
        guard await visit.table.serve(visit.id) else { throw RequestError.tooManyRequests }
        let response = try await next(request, context)
        if let bytes = response.body.contentLength { await visit.table.pace(bytes, to: visit.peer) }
        return response
    }
}
