import GCXAgent
import GCXLinux
import GCXModel
import Glibc
import HTTPTypes
import Hummingbird
import ServiceLifecycle

/// Files in and out of the agent, a piece at a time.
struct AgentFileRoutes: Sendable {
    let agent: any AgentOperations
    let caller: @Sendable (Request) throws(AgentError) -> Caller

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.put("leases/{lease}/uploads/{kind}") { request, context in
            let lease = try context.lease
            let kind = try context.path("kind") { UploadKind(rawValue: $0) }
            let caller = try caller(request)
            return try await endingAtShutdown { try await upload(request, kind, lease, caller) }
        }
        group.get("leases/{lease}/output") { request, context in
            guard let path = try await agent.outputArchive(context.lease, by: caller(request)) else {
                return Response(status: .noContent)
            }
            return try download(path)
        }
    }

    private func upload(
        _ request: Request, _ kind: UploadKind, _ lease: LeaseID, _ caller: Caller
    ) async throws -> Response {
        let length = try announcedLength(request)
        let ticket = try await agent.beginUpload(kind, lease: lease, by: caller)
        do {
            try await receive(request.body, length, into: ticket)
        } catch {
            unlink(ticket.path)
            try? await agent.endUpload(ticket, complete: false)
            throw error
        }
        try await agent.endUpload(ticket, complete: true)
        return try Response.json(["bytes": length])
    }

    // A connection that breaks in the middle of a body can look like the end of the body, so the length must be known
    // beforehand, and the file is complete only when exactly so many bytes came.
    private func announcedLength(_ request: Request) throws(AgentError) -> UInt64 {
        guard let text = request.headers[.contentLength], let length = UInt64(text) else {
            throw .badRequest("an upload needs a Content-Length header")
        }
        return length
    }

    private func receive(_ body: RequestBody, _ length: UInt64, into ticket: UploadTicket) async throws(AgentError) {
        let tooLarge = AgentError.tooLarge("the \(ticket.kind.rawValue)", bytesMax: ticket.bytesMax)
        guard length <= ticket.bytesMax else { throw tooLarge }
        let written: UInt64
        do {
            written = try await FileSink(ticket.path, bytesMax: ticket.bytesMax).write(body)
        } catch is FileSink.Overflow {
            throw tooLarge
        } catch let error as LinuxError {
            throw .storage(error.description)
        } catch {
            throw .badRequest("the upload broke off: \(error)")
        }
        guard written == length else { throw .badRequest("the upload broke off after \(written) of \(length) bytes") }
    }

    private func download(_ path: String) throws -> Response {
        let chunks: FileChunks
        do throws(LinuxError) {
            chunks = try FileChunks(path)
        } catch {
            throw AgentError.storage(error.description)
        }
        let body = ResponseBody(contentLength: Int(chunks.size)) { writer in
            for try await chunk in chunks {
                // A download may take long, and its client can ask again; the bytes of half a file become no file there.
                if Task.isShuttingDownGracefully { throw RequestError.shuttingDown }
                try await writer.write(chunk)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-tar"], body: body)
    }
}
