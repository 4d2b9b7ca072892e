/// The one reader of JSON that comes from outside: from sockets, files, programs, images and the store.
///
/// It takes UTF-8 and nothing else, every field once, and whole numbers only as plain digits. A field that nothing reads is
/// refused by name, so that no writer believes that it was heard.
///
/// ```swift
/// let entry = try StrictJSON.decode(Entry.self, from: body)
/// let status = try StrictJSON.decode(AgentStatus.self, from: answer, unknownFields: .tolerated)
/// ```
package enum StrictJSON {
    /// What becomes of a field that nothing reads.
    package enum UnknownFields: Sendable {
        /// An error that names it: for whatever is addressed to us.
        case refused
        /// Passed over: for what another version of us, or another program, writes for readers of many kinds.
        case tolerated
    }

    /// The value that the bytes spell.
    ///
    /// - Parameter bytesMax: larger input is refused unread.
    /// - Throws: what is wrong and where, in words that may be shown to whoever sent it: they hold neither control
    ///   characters nor more than an excerpt of what was sent.
    /// - Complexity: one pass over the bytes, then O(1) for each value; no allocation for a value but that of its result.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, unknownFields: UnknownFields = .refused,
        bytesMax: Int = Limits.jsonBytesMax
    ) throws(JSONError) -> Value {
        let bytes = Array(bytes)
        guard bytes.count <= bytesMax else { throw .tooLarge("the text", max: bytesMax, unit: "bytes") }
        let reading = JSONReading(try JSONDocument(bytes))
        let value: Value
        do {
            value = try reading.decode(type, at: 0)
        } catch {
            throw JSONError(error)
        }
        if unknownFields == .refused, let unread = reading.firstUnread {
            throw .unknownField(reading.document.path(to: unread))
        }
        return value
    }
}
