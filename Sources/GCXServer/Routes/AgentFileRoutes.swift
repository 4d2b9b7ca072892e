import GCXAgent
import GCXLinux
import GCXModel
import GCXWire
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Files in and out of the agent, a piece at a time.
struct AgentFileRoutes: Sendable {
    let agent: any AgentHost
    let caller: @Sendable (Request) async throws(AgentError) -> Caller

    func add(to router: APIRouter) {
        router.answer(AgentCalls.upload) { request, context in
            let lease = try context.lease
            let kind = try context.path("kind") { UploadKind(rawValue: $0) }
            let caller = try await caller(request)
            let part = try request.uploadPart
            return try await endingAtShutdown { try await upload(request, kind, part, lease, caller) }
        }
        router.answer(AgentCalls.uploaded) { request, context in
            let kind = try context.path("kind") { UploadKind(rawValue: $0) }
            let caller = try await caller(request)
            guard let part = try request.uploadPart else {
                throw RequestError.malformed("the query parameter digest is missing")
            }
            let bytes = try await agent.uploaded(
                kind, digest: part.digest, lease: context.lease, by: caller)
            return try Response.json(UploadAnswer(bytes: bytes))
        }
        router.answer(AgentCalls.output) { request, context in
            let caller = try await caller(request)
            guard let output = try await agent.outputArchive(context.lease, by: caller) else {
                return Response(status: .noContent)
            }
            return try download(output, range: request.headers[.range], to: caller)
        }
    }

    private func upload(
        _ request: Request, _ kind: UploadKind, _ part: UploadPart?, _ lease: LeaseID, _ caller: Caller
    ) async throws -> Response {
        let (length, overflow) = try announcedLength(request).addingReportingOverflow(part?.from ?? 0)
        // One that breaks off goes with its ticket.
        let ticket = try await receive(
            request.body, overflow ? .max : length, from: caller,
            into: agent.beginUpload(kind, part, lease: lease, by: caller))
        try await agent.endUpload(ticket)
        return try Response.json(UploadAnswer(bytes: length))
    }

    // A connection that breaks in the middle of a body can look like the end of the body, so the length must be known
    // beforehand, and the file is complete only when exactly so many bytes came.
    private func announcedLength(_ request: Request) throws(AgentError) -> UInt64 {
        guard let text = request.headers[.contentLength], let length = UInt64(text) else {
            throw .badRequest("an upload needs a Content-Length header")
        }
        return length
    }

    /// - Parameter length: bytes of all of the upload.
    private func receive(
        _ body: RequestBody, _ length: UInt64, from caller: Caller, into ticket: consuming UploadTicket
    ) async throws(AgentError) -> UploadTicket {
        guard length <= ticket.file.bytesMax else {
            throw .tooLarge("the \(ticket.kind.rawValue)", bytesMax: ticket.file.bytesMax)
        }
        do {
            for try await piece in body {
                try await agent.requireStanding(of: caller)
                ticket = try await blocking(giving: ticket) { (ticket: consuming UploadTicket) throws(AgentError) in
                    try ticket.file.write(piece.readableBytesView)
                    return ticket
                }
            }
        } catch let error as AgentError {
            throw error
        } catch {
            throw .badRequest("the upload broke off: \(ForeignError.words(error))")
        }
        let written = ticket.file.bytes
        guard written == length else {
            throw .badRequest(
                "the upload broke off after \(NumberText.count(written)) of \(NumberText.count(length, "byte"))")
        }
        return ticket
    }

    /// The whole file, or what follows an offset (`Range: bytes=N-`), with its digest as entity tag.
    ///
    /// Source: RFC 9110, 8.8.3 and 14. Other ranges are answered by the whole file, as a server may.
    private func download(_ output: OutputArchive, range: String?, to caller: Caller) throws -> Response {
        let offset = range.flatMap(Self.offset) ?? 0
        let chunks: FileChunks
        do throws(LinuxError) {
            chunks = try FileChunks(output.path, from: offset)
        } catch {
            throw AgentError.storage(Untrusted(error.description))
        }
        // bounded: an offset is at most the size, which is signed and of 64 bits
        let body = ResponseBody(contentLength: Int(chunks.size - chunks.offset)) { [agent] writer in
            for try await chunk in chunks {
                // A download may take long, and its client can ask again; the bytes of half a file become no file there.
                if Task.isShuttingDownGracefully { throw RequestError.shuttingDown }
                try await agent.requireStanding(of: caller)
                try await writer.write(chunk)
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: "application/x-tar", .acceptRanges: "bytes"]
        if let digest = output.digest { headers[.eTag] = "\"sha256:\(digest)\"" }
        guard offset > 0, offset < chunks.size else { return try whole(output, range: range, headers, body) }
        // bounded: the offset is below the size
        headers[.contentRange] = "bytes \(offset)-\(chunks.size - 1)/\(chunks.size)"
        return Response(status: .partialContent, headers: headers, body: body)
    }

    private func whole(
        _ output: OutputArchive, range: String?, _ headers: HTTPFields, _ body: ResponseBody
    ) throws -> Response {
        guard let offset = range.flatMap(Self.offset), offset > 0 else {
            return Response(status: .ok, headers: headers, body: body)
        }
        var headers = headers
        headers[.contentRange] = "bytes */\(Disk.size(of: output.path) ?? 0)"
        return Response(status: .rangeNotSatisfiable, headers: headers)
    }

    /// `N` of `bytes=N-`; nil for any other range.
    private static func offset(_ range: String) -> UInt64? {
        guard range.hasPrefix("bytes="), range.hasSuffix("-") else { return nil }
        return UInt64(range.dropFirst("bytes=".count).dropLast(), radix: 10)
    }
}

extension Request {
    /// What all of an upload is to be, and where the bytes of this call begin; nil where the caller does not say.
    fileprivate var uploadPart: UploadPart? {
        get throws {
            let from = Route.current?.name == AgentCalls.upload.name ? try query("from", as: UInt64.self) : nil
            guard let digest = try query("digest", as: String.self) else { return nil }
            guard let part = UploadPart(digest: digest, from: from ?? 0) else {
                throw RequestError.malformed("the query parameter digest is no SHA-256 in 64 hexadecimal digits")
            }
            return part
        }
    }
}
