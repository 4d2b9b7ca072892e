import GCXLedger
import GCXModel
import GCXWire
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A JSON answer.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value))))
    }
}

extension Response {
    static func list<Item: Encodable>(_ page: Page<Item>) throws -> Response {
        var response = try Response.json(page.items)
        response.headers[ListWire.next] = page.next.map { "\($0)" }  // bounded: a dictionary
        return response
    }
}

extension Response {
    init(_ page: LogPage) {
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", LogWire.start: "\(page.start)", LogWire.next: "\(page.next)",
            LogWire.firstKept: "\(page.firstKept)", LogWire.skipLines: "\(page.skipLines)",
            LogWire.ended: "\(page.ended)",
        ]
        // bounded here: fields by their names
        if let job = page.job { headers[LogWire.job] = "\(job)" }
        if let open = page.openLines {
            headers[LogWire.openLines] = open.map(\.rawValue).sorted().joined(separator: ",")
        }
        self.init(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.bytes)))
    }
}
