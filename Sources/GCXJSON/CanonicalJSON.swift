import FoundationEssentials

/// JSON as this project writes it. Digests, signatures and stored rows are made of these bytes, so there is one recipe.
///
/// Keys are sorted and slashes are written as they are, so that equal values are equal bytes.
package enum CanonicalJSON {
    /// On one line, without white space.
    ///
    /// - Throws: `EncodingError` for what JSON cannot carry, such as a number that is none.
    package static func bytes(_ value: some Encodable) throws -> [UInt8] { try encode(value, []) }

    /// The same for people: a line for each member, indented.
    package static func readable(_ value: some Encodable) throws -> [UInt8] { try encode(value, .prettyPrinted) }

    private static func encode(
        _ value: some Encodable, _ layout: JSONEncoder.OutputFormatting
    ) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
        return Array(try encoder.encode(value))
    }
}
