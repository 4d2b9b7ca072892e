import AsyncHTTPClient
import GCXAgent
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import NIOCore

extension AgentClient {
    /// How far a transfer is: bytes done, and bytes in all where known.
    package typealias Progress = @Sendable (_ done: UInt64, _ total: UInt64?) -> Void

    /// Sends a file, a piece at a time.
    ///
    /// - Returns: the bytes sent.
    @discardableResult
    package func upload(
        _ kind: UploadKind, lease: LeaseID, file path: String, by caller: Caller,
        progress: @escaping Progress = { _, _ in }
    ) async throws(AgentError) -> UInt64 {
        let chunks = try open(path, kind)
        let call = HTTPCall(
            method: .PUT, path: "/v1/leases/\(lease)/uploads/\(kind.rawValue)",
            authorization: try Self.authorization(caller), isRepeatable: false)
        var request = call.request(to: endpoint)
        request.body = .stream(
            CountedChunks(chunks: chunks, progress: progress), length: .known(Int64(chunks.size)))
        let answer: HTTPAnswer
        do {
            let response = try await transport.client.execute(request, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: APILimits.documentBodyBytesMax)
            answer = HTTPAnswer(status: response.status.code, body: Array(body.readableBytesView))
        } catch {
            throw unreachable(TransportError(error).detail)
        }
        guard answer.isSuccess else { throw failure(answer) }
        return chunks.size
    }

    /// Fetches the job's output directory as a tar, a piece at a time, under its name only when it is complete.
    ///
    /// What an earlier try brought lies in `path` with `.part` behind it, and is gone on with. At the end all of it is
    /// compared with the digest that the agent names.
    ///
    /// - Returns: the file's bytes and the digest; nil when the job has no output.
    @discardableResult
    package func downloadOutput(
        _ lease: LeaseID, to path: String, by caller: Caller, progress: @escaping Progress = { _, _ in }
    ) async throws(AgentError) -> (bytes: UInt64, digest: String)? {
        let partial = path + ".part"
        var call = HTTPCall.get("/v1/leases/\(lease)/output")
        call.authorization = try Self.authorization(caller)
        var request = call.request(to: endpoint)
        // One byte is asked for again, so that there is always something to answer.
        let kept = Disk.size(of: partial).map { $0 > 0 ? $0 - 1 : 0 } ?? 0
        if kept > 0 { request.headers.add(name: "range", value: "bytes=\(kept)-") }
        do {
            let response = try await transport.client.execute(request, deadline: .distantFuture)
            switch response.status {
            case .noContent: return nil
            case .ok: return try await save(response, path, keeping: 0, progress)
            case .partialContent: return try await save(response, path, keeping: kept, progress)
            default:
                // A part that goes beyond the file is of another file.
                if response.status == .rangeNotSatisfiable { unlink(partial) }
                let body = try await response.body.collect(upTo: APILimits.documentBodyBytesMax)
                throw failure(HTTPAnswer(status: response.status.code, body: Array(body.readableBytesView)))
            }
        } catch let error as AgentError {
            throw error
        } catch let error as LinuxError {
            throw .badRequest("cannot write the output here: \(error)")
        } catch {
            throw unreachable(TransportError(error).detail)
        }
    }

    private func save(
        _ response: HTTPClientResponse, _ path: String, keeping: UInt64, _ progress: @escaping Progress
    ) async throws -> (bytes: UInt64, digest: String) {
        let length = response.headers.first(name: "content-length").flatMap { UInt64($0) }
        let total = length.map { $0 + keeping }
        let partial = path + ".part"
        let written = try await FileSink(partial, bytesMax: .max, keeping: keeping).write(response.body) {
            progress($0, total)
        }
        if let total, written != total { throw TransportError.broken("\(written) of \(total) bytes came") }
        let found = try SHA256Hex.ofFile(partial).hex
        if let tag = response.headers.first(name: "etag"), tag != "\"sha256:\(found)\"" {
            unlink(partial)
            throw TransportError.broken("what came is sha256:\(found), and \(tag) was to come")
        }
        guard rename(partial, path) == 0 else {
            throw LinuxError.systemCall(operation: "rename", object: path, errno: errno)
        }
        return (written, found)
    }

    private func open(_ path: String, _ kind: UploadKind) throws(AgentError) -> FileChunks {
        do throws(LinuxError) {
            return try FileChunks(path)
        } catch {
            throw .badRequest("the \(kind.rawValue) cannot be read: \(error)")
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

        mutating func next() async throws -> ByteBuffer? {
            let chunk = try await base.next()
            progress(total - base.left, total)
            return chunk
        }
    }
}
