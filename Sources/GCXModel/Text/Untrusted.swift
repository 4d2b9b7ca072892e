/// Text that somebody else wrote: a region, a comment, a note, the reason in an error that came over a socket.
///
/// It is stored, sent and signed as the plain string it is, and it cannot be printed by accident: it has no description, and
/// the compiler refuses it in a string. ``shown`` is the one door to a terminal, a log line or a report.
///
/// ```swift
/// Terminal.say("region \(offer.region)")        // does not compile
/// Terminal.say("region \(offer.region.shown)")  // what could steer the terminal is visible
/// ```
///
/// A string literal of ours may stand for it. Text made with `Untrusted("…\(other)…")` may hold what is untrusted too.
package struct Untrusted: Hashable, Sendable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// For people, on one line: what could steer a terminal is visible, and what is longer than
    /// ``TextLimits/shownBytesMax`` is cut.
    package var shown: String { SafeText.show(text) }

    /// The same with its newlines and tabs, for text that has lines of its own.
    package var shownLines: String { SafeText.showLines(text) }

    /// What needs the very text. None of these is ever shown.
    package enum Use: Sendable {
        /// Hashing and signing.
        case signing
        /// Reading a closed form out of it, or refusing.
        case reading
        /// The row or the file it is kept in.
        case storing
        /// A file that is opened, or an argument of a program.
        case naming
    }

    /// The text as it came. Where this may be called is listed in `Tests/Tidy`, with the reasons.
    package func raw(for use: Use) -> String { text }

    package var isEmpty: Bool { text.isEmpty }

    /// Bytes as UTF-8, for limits.
    package var byteCount: Int { text.utf8.count }

    /// As one line of at most so many bytes, with hidden characters spelled out: for what we sign ourselves.
    package func line(bytesMax: Int) -> Untrusted { Untrusted(PlainText.line(text, bytesMax: bytesMax)) }

    /// Why it is not taken as a line for people; nil when it may be.
    package var refusal: String? { PlainText.refusal(of: text) }

    package func contains(_ part: String) -> Bool { text.contains(part) }
    package func hasPrefix(_ beginning: String) -> Bool { text.hasPrefix(beginning) }

    package static func ~= (pattern: String, value: Untrusted) -> Bool { value.text == pattern }
    // bounded: joins texts
    package static func + (left: Untrusted, right: Untrusted) -> Untrusted { Untrusted(left.text + right.text) }

    package static func == (left: Untrusted, right: String) -> Bool { left.text == right }
    package static func == (left: String, right: Untrusted) -> Bool { left == right.text }
    package static func != (left: Untrusted, right: String) -> Bool { left.text != right }
}

extension Untrusted: Comparable {
    package static func < (left: Untrusted, right: Untrusted) -> Bool { left.text < right.text }
}

extension Untrusted: Codable {
    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Untrusted: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { text = value }
    package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// What is made of untrusted text is untrusted, so that here it may stand as it is.
    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ literal: String) { text += literal }  // bounded: joins texts
        package mutating func appendInterpolation(_ value: Untrusted) { text += value.text }  // bounded: joins texts
        package mutating func appendInterpolation(_ value: String) { text += value }  // bounded: joins texts
        // bounded: joins texts
        package mutating func appendInterpolation(_ value: some CustomStringConvertible) { text += value.description }
        package mutating func appendInterpolation(_ value: any Error) { text += "\(value)" }
    }
}

extension Sequence<Untrusted> {
    /// All of them as one such text.
    package func joined(by separator: String) -> Untrusted {
        // bounded here: joins lists and texts
        reduce(into: [Untrusted]()) { $0 += $0.isEmpty ? [$1] : [Untrusted(separator), $1] }
            .reduce("") { $0 + $1 }
    }
}

extension Untrusted: CustomReflectable {
    /// A value that holds this one may be printed by reflection, in a test or a trap; it shows what may be shown.
    package var customMirror: Mirror { Mirror(self, children: ["shown": shown], displayStyle: .struct) }
}
