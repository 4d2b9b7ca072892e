import Hummingbird

/// Lets a request of a peer that has as many on their way as it may wait for a moment, and refuses it then.
struct PeerMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let visit = Visit.current, await !visit.table.serve(visit.id) { throw RequestError.tooManyRequests }
        return try await next(request, context)
    }
}
