import AsyncHTTPClient
import GCXModel
import GCXWire
import NIOCore
import NIOHTTP1

/// Sends calls to servers of ours, and says of each failure whether the server can have seen the call.
///
/// One is shared by the whole process and lives as long as it: connections are kept and used again.
package struct HTTPTransport: Sendable {
    package static let shared = HTTPTransport()
    private let plain = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration)
    private let secure = SecureClients()

    /// One whose keys are its own. ``shared`` is for everybody but tests.
    init() {}

    /// What every client of ours is set to.
    static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(
            connect: TimeAmount(ClientLimits.connectTimeout), read: TimeAmount(ClientLimits.silenceTimeout),
            write: TimeAmount(ClientLimits.silenceTimeout))
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        // A refused connection is an answer: whoever calls decides when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// Whose connections reach the server that the address names, and nobody else.
    func client(for address: ServerAddress) throws(TransportError) -> HTTPClient {
        address.endpoint.isSecure ? try secure.client(for: address).client : plain
    }

    /// What a session with this server has to name; nil where there is no TLS, and it names its account.
    func sessionKey(for address: ServerAddress) throws(TransportError) -> Address? {
        address.endpoint.isSecure ? try secure.client(for: address).key : nil
    }

    /// The whole answer to a call.
    ///
    /// A repeatable call whose connection broke is sent again `ClientLimits.brokenRetriesMax` times. One that the server put
    /// off (429) is sent again when the server said, as long as the call has time.
    func answer(_ call: HTTPCall, from address: ServerAddress) async throws(TransportError) -> HTTPAnswer {
        var triesLeft = call.isRepeatable ? ClientLimits.brokenRetriesMax : 0
        // bounded here: a timeout of ours, and pauses of 32 bits of seconds; tries are counted down to 0
        let end = ContinuousClock.now + call.timeout
        while true {
            do {
                let answer = try await once(call, address)
                guard let pause = answer.pause, ContinuousClock.now + pause < end else { return answer }
                try await wait(pause)
            } catch .broken where triesLeft > 0 {
                triesLeft -= 1
            }
        }
    }

    private func wait(_ pause: Duration) async throws(TransportError) {
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw .cancelled
        }
    }

    private func once(_ call: HTTPCall, _ address: ServerAddress) async throws(TransportError) -> HTTPAnswer {
        let client = try client(for: address)
        do {
            let response = try await client.execute(
                call.request(to: address), timeout: TimeAmount(call.timeout))
            let body = try await Self.read(response.body, bytesMax: call.answerBytesMax, within: call.timeout)
            return HTTPAnswer(status: response.status.code, body: body, headers: response.headers)
        } catch {
            throw TransportError(error, at: address)
        }
    }

    /// The body of an answer. The client's own deadline ends with the answer's head, so a body that goes on and on, a byte at
    /// a time, or that somebody on the way has taken out, has one here.
    static func read(
        _ pieces: HTTPClientResponse.Body, bytesMax: Int, within timeout: Duration
    ) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await collect(pieces, bytesMax: bytesMax) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw TransportError.timedOut
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private static func collect(_ pieces: HTTPClientResponse.Body, bytesMax: Int) async throws -> [UInt8] {
        // bounded here: the body is at most `bytesMax`, compared before each piece
        var body: [UInt8] = []
        for try await piece in pieces {
            guard piece.readableBytes <= bytesMax - body.count else {
                throw TransportError.answerTooLarge(bytesMax: bytesMax)
            }
            body += piece.readableBytesView
        }
        return body
    }
}

/// A request before it has an address.
struct HTTPCall: Sendable {
    var method: HTTPMethod
    /// With its query.
    var path: String
    var body: [UInt8]?
    var authorization: String?
    var timeout: Duration = ClientLimits.callTimeout
    /// Whether the server may get it twice.
    var isRepeatable: Bool
    /// Bytes of the answer that are read at most.
    var answerBytesMax = ClientLimits.documentAnswerBytesMax

    static func get(_ path: String, answerBytesMax: Int = ClientLimits.documentAnswerBytesMax) -> HTTPCall {
        HTTPCall(method: .GET, path: path, isRepeatable: true, answerBytesMax: answerBytesMax)
    }

    func request(to address: ServerAddress) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.urlBase + path)  // bounded: joins texts
        request.method = method
        if let authorization { request.headers.add(name: "authorization", value: authorization) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        return request
    }
}

struct HTTPAnswer: Sendable {
    var status: UInt
    var body: [UInt8]
    var headers: HTTPHeaders = [:]
    var isSuccess: Bool { (200..<300).contains(status) }

    /// How long the server asks to wait before the same call is sent again; nil when it did not put the call off.
    var pause: Duration? {
        guard status == 429 else { return nil }
        return headers.first(name: "retry-after").flatMap { UInt32($0) }.map { .seconds($0) }
    }
}
