import FoundationEssentials
import GCXJSON
package import GCXModel

/// JSON as it crosses a socket: sorted keys, so that answers can be compared byte by byte.
package enum WireJSON {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        try CanonicalJSON.bytes(value)
    }

    /// The same for people: a line for each member.
    package static func readable(_ value: some Encodable) throws -> [UInt8] { try CanonicalJSON.readable(value) }

    /// What a server answered. It may be newer than we are, so a field that we do not know is passed over.
    package static func answer<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(JSONError) -> Value {
        try StrictJSON.decode(type, from: bytes, unknownFields: .tolerated)
    }
}
