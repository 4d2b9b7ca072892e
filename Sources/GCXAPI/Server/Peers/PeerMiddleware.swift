import Hummingbird

/// Refuses a request of a peer that has as many on their way as it may.
struct PeerMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let visit = Visit.current, !visit.table.serve(visit.id) { throw RequestError.tooManyRequests }
        return try await next(request, context)
    }
}
