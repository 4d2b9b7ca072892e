import FoundationEssentials
import GCXModel
import Hummingbird

/// JSON as it crosses a socket: sorted keys, so that answers can be compared byte by byte.
enum WireJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// What a server answered. It may be newer than we are, so a field that we do not know is passed over.
    static func answer<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(JSONError) -> Value {
        try StrictJSON.decode(type, from: bytes, unknownFields: .tolerated)
    }
}

extension Response {
    /// A JSON answer.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value))))
    }
}
