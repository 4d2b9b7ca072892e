/// One reader of what strangers send, as a function of bytes: whatever they are, it returns.
///
/// An entry never judges what the reader says, only that it says something: a trap, a hang or a flood of memory is what the
/// fuzzer looks for. Where two readers have to agree, or what was read has to be written the same again, a
/// `precondition` says so.
package struct FuzzEntry: Sendable, CustomStringConvertible {
    package let name: String
    package let run: @Sendable ([UInt8]) -> Void
    /// Inputs to begin with: each is something that the reader takes.
    package let seeds: @Sendable () -> [[UInt8]]

    package static let all: [FuzzEntry] = [
        json, ledger, journal, images, archives, programs, receipts, probe, text, log, keystore, answers, helper,
        hello,
    ]

    package static func named(_ name: String) -> FuzzEntry? { all.first { $0.name == name } }

    package var description: String { name }
}

/// Values out of arbitrary bytes, the same for the same bytes; zero once they are used up.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number() -> UInt64 {
        // Small numbers, and those near the ends of the type, are where things go wrong.
        switch byte() & 7 {
        case 0: return UInt64(byte())
        case 1: return .max - UInt64(byte())
        case 2: return UInt64(1) << UInt64(byte() & 63)
        case 3: return (UInt64(1) << UInt64(byte() & 63)) &- 1
        default: return (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
        }
    }

    mutating func wide() -> UInt128 { UInt128(number()) << 64 | UInt128(number()) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func remaining() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
