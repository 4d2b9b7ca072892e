/// Reads numbers and fields from the front of some bytes; nil where they end too soon.
struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? { rest.popFirst() }

    /// A number of so many bytes, big-endian; up to three are asked for.
    mutating func number(bytes count: Int) -> Int? {
        guard let field = take(count) else { return nil }
        return field.reduce(0) { $0 << 8 | Int($1) }  // bounded: of three bytes at the most
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        let taken = rest.prefix(count)
        guard taken.count == count else { return nil }
        rest = rest.dropFirst(count)
        return taken
    }

    /// A field behind its own length, which is a number of so many bytes.
    mutating func field(lengthBytes: Int) -> ArraySlice<UInt8>? {
        guard let length = number(bytes: lengthBytes) else { return nil }
        return take(length)
    }
}
