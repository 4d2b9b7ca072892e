import GCXModel
import GCXWire
import Hummingbird
import NIOCore

extension Request {
    /// The JSON body, and how many bytes it has.
    ///
    /// - Throws: `RequestError.bodyTooLarge` or `RequestError.malformed`.
    func sizedJSON<Value: Decodable>(
        _ type: Value.Type, bytesMax: Int
    ) async throws -> (value: Value, bytes: Int) {
        let body: ByteBuffer
        do {
            body = try await self.body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw RequestError.bodyTooLarge(bytesMax: bytesMax)
        }
        do {
            return (try StrictJSON.decode(type, from: body.readableBytesView), body.readableBytes)
        } catch {
            throw RequestError.malformed(Untrusted(error.description))
        }
    }

    /// A value after `?name=`, or nil when it is not there. Throws `RequestError.malformed` when it is not readable.
    func query<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) throws -> Value? {
        assert(
            Route.current.map { $0.query.contains { $0.name == name } } ?? true,
            "\(Route.current?.name ?? "") reads the parameter \(name), which it does not declare")
        let values = uri.queryParameters[values: Substring(name)]
        guard values.count < 2 else { throw RequestError.malformed("the query parameter \(name) is there twice") }
        guard let text = values.first else { return nil }
        // Swift reads `+1` and `-0` too; what is asked for has one form.
        guard let value = Value(String(text)), value.description == text else {
            throw RequestError.malformed("the query parameter \(name) cannot be “\(PlainText.excerpt(String(text)))”")
        }
        return value
    }

    /// As ``query(_:as:)``, but it has to be there.
    func required<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = try query(name, as: type) else {
            throw RequestError.malformed("the query parameter \(name) is missing")
        }
        return value
    }
}

extension BasicRequestContext {
    /// A part of the path, such as the id in `/v1/leases/{id}`.
    func path<Value>(_ name: String, _ read: (String) -> Value?) throws -> Value {
        let text = parameters.get(name) ?? ""
        guard let value = read(text) else {
            throw RequestError.malformed("“\(PlainText.excerpt(text))” in the path is no \(name)")
        }
        return value
    }
}

extension Request {
    /// The place in a list that the caller wants to begin at.
    var from: UInt64 {
        get throws { try cursor ?? 0 }
    }

    /// The same; nil where the list is to begin.
    var cursor: UInt64? {
        get throws { try query("from", as: UInt64.self) }
    }
}

extension Request {
    /// What of a log is asked for.
    var logQuery: LogQuery {
        get throws {
            LogQuery(
                from: try query("from", as: UInt64.self) ?? 0, sinceNanoseconds: try query("since", as: UInt64.self),
                tail: try query("tail", as: UInt64.self), stream: try query("stream", as: LogStream.self),
                bytesMax: try query("max", as: UInt64.self) ?? WireLimits.logPageBytesMax,
                waitSeconds: try waitSeconds, job: try query("job", as: UInt64.self))
        }
    }
}
