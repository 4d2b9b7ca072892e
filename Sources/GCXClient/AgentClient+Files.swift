import AsyncHTTPClient
import GCXLinux
package import GCXModel
package import GCXWire
import Glibc
import NIOCore
import NIOHTTP1

extension AgentClient {
    /// How far a transfer is: bytes done, and bytes in all where known.
    package typealias Progress = @Sendable (_ done: UInt64, _ total: UInt64?) -> Void

    /// How many bytes the agent has of what has this digest, for ``upload(_:lease:file:part:by:progress:)`` to go on there.
    ///
    /// - Returns: 0 also from an agent that keeps nothing of an upload that breaks off.
    package func uploaded(
        _ kind: UploadKind, digest: String, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UInt64 {
        do throws(AgentError) {
            let answer: UploadAnswer = try await read(
                .get("/v1/leases/\(lease)/uploads/\(kind.rawValue)?digest=\(digest)"), by: caller)
            return answer.bytes
        } catch .badRequest {
            return 0
        }
    }

    /// Sends a file, a piece at a time.
    ///
    /// - Parameter part: what the whole file is, and where to begin in it; nil sends it anew.
    /// - Returns: the bytes of the file.
    @discardableResult
    package func upload(
        _ kind: UploadKind, lease: LeaseID, file path: String, part: UploadPart? = nil, by caller: Caller,
        progress: @escaping Progress = { _, _ in }
    ) async throws(AgentError) -> UInt64 {
        let chunks = try open(path, kind, from: part?.from ?? 0)
        let query = part.map { "?\($0.query)" } ?? ""
        let call = HTTPCall(
            method: .PUT, path: "/v1/leases/\(lease)/uploads/\(kind.rawValue)\(query)",
            authorization: try Self.authorization(caller), isRepeatable: false)
        let way = address
        let client = try client(way)
        var request = call.request(to: way)
        request.body = .stream(
            // bounded: a file's size is signed and of 64 bits, and an offset at most the size
            CountedChunks(chunks: chunks, progress: progress), length: .known(Int64(chunks.size - chunks.offset)))
        let answer: HTTPAnswer
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: ClientLimits.errorAnswerBytesMax)
            answer = HTTPAnswer(status: response.status.code, body: Array(body.readableBytesView))
        } catch {
            throw broken(TransportError(error, at: way), way)
        }
        guard answer.isSuccess else { throw failure(answer) }
        return chunks.size
    }

    /// Fetches the job's output directory as a tar, a piece at a time, under its name only when it is complete and what
    /// it has to be.
    ///
    /// What an earlier try brought lies in `path` with `.part` behind it, and is gone on with. At the end all of it is
    /// compared with what the machine signed, and with the digest that the agent names.
    ///
    /// - Returns: the file's bytes and the digest; nil when the job has no output.
    /// - Throws: `AgentError.answerImpossible` for an output that is not the signed one, or larger than allowed.
    @discardableResult
    package func downloadOutput(
        _ lease: LeaseID, to path: String, by caller: Caller, accepting terms: OutputTerms = OutputTerms(),
        progress: @escaping Progress = { _, _ in }
    ) async throws(AgentError) -> (bytes: UInt64, digest: String)? {
        let download = OutputDownload(to: path, terms, progress: progress)
        var call = HTTPCall.get("/v1/leases/\(lease)/output")
        call.authorization = try Self.authorization(caller)
        let way = address
        let client = try client(way)
        var request = call.request(to: way)
        if download.kept > 0 { request.headers.add(name: "range", value: "bytes=\(download.kept)-") }
        do {
            let response = try await client.execute(request, deadline: download.deadline)
            switch response.status {
            case .noContent: return nil
            case .ok, .partialContent: return try await download.save(response)
            default:
                // A part that goes beyond the file is of another file.
                if response.status == .rangeNotSatisfiable { unsafe unlink(download.partial) }
                let body = try await response.body.collect(upTo: ClientLimits.errorAnswerBytesMax)
                throw failure(HTTPAnswer(status: response.status.code, body: Array(body.readableBytesView)))
            }
        } catch let error as AgentError {
            throw error
        } catch let error as LinuxError {
            throw .badRequest("cannot write the output here: \(error.description)")
        } catch {
            throw broken(TransportError(error, at: way), way)
        }
    }

    private func client(_ way: ServerAddress) throws(AgentError) -> HTTPClient {
        do throws(TransportError) {
            return try transport.client(for: way)
        } catch {
            throw unreachable(error)
        }
    }

    /// Whoever tries again goes another way where there is one.
    private func broken(_ error: TransportError, _ way: ServerAddress) -> AgentError {
        defer { if error.isOfTheWay { ways.leave(way) } }
        return unreachable(error)
    }

    private func open(_ path: String, _ kind: UploadKind, from: UInt64) throws(AgentError) -> FileChunks {
        do throws(LinuxError) {
            return try FileChunks(path, from: from)
        } catch {
            throw .badRequest("the \(kind.rawValue) cannot be read: \(error.description)")
        }
    }
}

/// The chunks of a file, telling how many bytes went by.
private struct CountedChunks: AsyncSequence, Sendable {
    let chunks: FileChunks
    let progress: AgentClient.Progress

    func makeAsyncIterator() -> Iterator {
        Iterator(base: chunks.makeAsyncIterator(), total: chunks.size, progress: progress)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: FileChunks.Iterator
        let total: UInt64
        let progress: AgentClient.Progress
        var pace = Pace()

        mutating func next() async throws -> ByteBuffer? {
            // bounded here: what is left is a part of the total
            do { try pace.move(to: total - base.left) } catch { throw TransportError.tooSlow }
            let chunk = try await base.next()
            progress(total - base.left, total)
            return chunk
        }
    }
}
