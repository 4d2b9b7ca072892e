import GCXModel

/// Times in JSON for programs: behind each number of seconds, or nanoseconds, since 1970 stands the same moment as RFC 3339
/// writes it, in UTC and under the same name with `UTC` at its end.
///
/// The numbers stay for whoever reads them already. What somebody signed is left as he signed it: nothing is put into a
/// `document`, an `entry`, `terms` or a signed tree head, which are hashed, or compared name by name, by whoever reads them.
///
/// ```json
/// { "endedAt" : 1796025600, "endedAtUTC" : "2026-11-30T08:00:00Z" }
/// ```
struct MomentText {
    /// What is not read yet.
    private var rest: ArraySlice<UInt8>
    private var text: [UInt8] = []

    /// - Parameter json: a document that our own encoder wrote.
    /// - Complexity: O(bytes).
    static func beside(_ json: [UInt8]) -> [UInt8] {
        var reading = MomentText(rest: json[...])
        reading.value(isSigned: false)
        return reading.text + reading.rest  // bounded: joins texts
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    /// What a time of this name is called as text; nil for what is no time.
    static func name(of name: String) -> String? {
        if name.hasSuffix("allNanoseconds") { return "\(name.dropLast("Nanoseconds".count))UTC" }
        return name.hasSuffix("At") || names.contains(name) ? "\(name)UTC" : nil
    }

    /// The moment; nil for a number that stands for none, such as the end of what never ends.
    private static func moment(_ digits: some Sequence<UInt8>, _ name: String) -> String? {
        guard let number = UInt64(digits: String(decoding: Array(digits), as: UTF8.self)) else { return nil }
        if name.hasSuffix("Nanoseconds") { return RFC3339.text(number) }
        guard number > 0, number <= lastSecond else { return nil }
        let (date, clock) = RFC3339.parts(ofSeconds: number)
        return "\(date)T\(clock)Z"
    }

    /// Times whose names do not end in `At`.
    private static let names: Set<String> = [
        "ledgerTime", "time", "since", "startsFrom", "startsUntil", "availableFrom", "availableUntil", "notBefore",
        "notAfter",
    ]
    /// What was signed.
    private static let signed: Set<String> = ["document", "entry", "signed", "terms", "head"]
    /// RFC 3339 has years of four digits.
    private static let lastSecond: UInt64 = 253_402_300_799
}

// Reading, and writing on.
extension MomentText {
    private mutating func value(isSigned: Bool) {
        switch rest.first {
        case UInt8(ascii: "{"): members(isSigned: isSigned)
        case UInt8(ascii: "["): elements(isSigned: isSigned)
        case UInt8(ascii: "\""): _ = string()
        default: copy { !Self.ends.contains($0) && !Self.isSpace($0) }
        }
    }

    private mutating func members(isSigned: Bool) {
        step()
        while let gap = space(), rest.first == UInt8(ascii: "\"") {
            let name = string()
            let begin = text.count
            copy { Self.isSpace($0) || $0 == UInt8(ascii: ":") }
            let middle = Array(text.dropFirst(begin))
            let from = text.count
            value(isSigned: isSigned || Self.signed.contains(name))
            if !isSigned { add(name, Array(text.dropFirst(from)), gap, middle) }
            copy(while: Self.isSpace)
            guard rest.first == UInt8(ascii: ",") else { break }
            step()
        }
        step()
    }

    private mutating func elements(isSigned: Bool) {
        step()
        while space() != nil, rest.first != UInt8(ascii: "]") {
            value(isSigned: isSigned)
            copy(while: Self.isSpace)
            guard rest.first == UInt8(ascii: ",") else { break }
            step()
        }
        step()
    }

    private mutating func add(_ name: String, _ value: [UInt8], _ gap: [UInt8], _ middle: [UInt8]) {
        guard let other = Self.name(of: name), let moment = Self.moment(value, name) else { return }
        // bounded: joins texts
        text += [UInt8(ascii: ",")] + gap + Array("\"\(other)\"".utf8) + middle + Array("\"\(moment)\"".utf8)
    }

    /// What stands between the quotes, as it is written.
    private mutating func string() -> String {
        step()
        let begin = text.count
        while let byte = rest.first, byte != UInt8(ascii: "\"") {
            step()
            if byte == UInt8(ascii: "\\") { step() }
        }
        let name = String(decoding: text.dropFirst(begin), as: UTF8.self)
        step()
        return name
    }

    /// White space, which is copied; nil at the end.
    private mutating func space() -> [UInt8]? {
        let begin = text.count
        copy(while: Self.isSpace)
        return rest.isEmpty ? nil : Array(text.dropFirst(begin))
    }

    private mutating func step() { if let byte = rest.popFirst() { text.append(byte) } }

    private mutating func copy(while isPart: (UInt8) -> Bool) {
        while let byte = rest.first, isPart(byte) { step() }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 13 || byte == 9 }
    private static let ends = Array(",]}".utf8)
}
