import ArgumentParser
import GCXBenchmark
import GCXModel
import GCXSigning
import GCXWire

/// A value of the command line that can say which forms it takes.
protocol Formed {
    /// The rest of the sentence `Give `.
    static var form: String { get }
    /// All there are, where they can be counted.
    static var choices: [String] { get }
    /// What is wrong with this text in particular.
    static func fault(_ text: String) -> String?
}

extension Formed {
    static var choices: [String] { [] }
    static func fault(_ text: String) -> String? { nil }
}

extension Formed where Self: FixedWidthInteger {
    static var form: String {
        Self.bitWidth > 32 ? "a whole number, 0 or more" : "a whole number from \(min) to \(Display.grouped(max))"
    }
}

extension Formed where Self: CaseIterable & RawRepresentable, RawValue == String {
    static var choices: [String] { allCases.map(\.rawValue) }
    static var form: String { choices.formatted(last: "or") }
}

extension Optional: Formed where Wrapped: Formed {
    static var form: String { Wrapped.form }
    static var choices: [String] { Wrapped.choices }
    static func fault(_ text: String) -> String? { Wrapped.fault(text) }
}

extension Array: Formed where Element: Formed {
    static var form: String { Element.form }
    static var choices: [String] { Element.choices }
    static func fault(_ text: String) -> String? { Element.fault(text) }
}

extension UInt8: Formed {}
extension UInt16: Formed { static var form: String { "a port from 1 to 65535" } }
extension UInt32: Formed {}
extension UInt64: Formed {}
extension Int: Formed { static var form: String { "a whole number, 1 or more" } }
extension Double: Formed { static var form: String { "a number of seconds above 0, such as 30 or 2.5" } }
extension LogStream: Formed {}
extension Doctor.Role: Formed {}
extension LogKeep: Formed {}
extension JobNetwork.Mode: Formed {}

extension IsolationLevel: Formed {
    static var choices: [String] { allCases.map(\.description) }
    static var form: String { choices.formatted(last: "or") }
}

extension Address: Formed {
    static var form: String { "an address as gcx prints it: 0x and 40 hexadecimal digits" }

    static func fault(_ text: String) -> String? {
        do {
            _ = try Address(checksummed: text)
            return nil
        } catch .addressChecksumWrong {
            return "its large and small letters do not fit together, so one digit is probably wrong"
        } catch {
            return nil
        }
    }
}

extension Digest: Formed {
    static var form: String { "0x and 64 hexadecimal digits, whole, as gcx prints it" }
}

extension DigestName: Formed {
    static var form: String {
        "64 hexadecimal digits, as gcx prints them, or at least the first 4 of them, with 0x before them or without"
    }
}

extension LeaseName: Formed { static var form: String { DigestName.form } }

extension TypedMoney: Formed {
    static func fault(_ text: String) -> String? {
        do {
            _ = try TypedMoney(text)
            return nil
        } catch { return "it \(error.reason)" }
    }
}

extension Span: Formed {
    static var form: String { "seconds, or a span such as 90s, 15m, 12h or 30d, from 1 second to ten years" }
}

extension ByteSize: Formed {
    static var form: String { "a size such as 1048576, 512M, 1.5G, 2GiB or 1GB, above 0" }
}

extension Requirement: Formed {
    static var form: String {
        "FACT>=NUMBER, FACT<=NUMBER or FACT=NUMBER, whole and in the fact's unit, with @L1 behind it for a measured one"
    }
}

extension TimePoint: Formed {
    static var form: String {
        "a time such as 2026-11-27T12:00:00Z, Unix seconds, or a span before now such as 90s, 10m, 2h or 1d"
    }
}

extension Array<String> {
    /// `a, b or c`.
    func formatted(last word: String) -> String {
        guard count > 1, let last else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(word) \(last)"
    }
}

/// What the property wrappers of the parser hold.
private protocol ValueHolder {
    static var form: (any Formed.Type)? { get }
    static var members: [String: any Formed.Type] { get }
}

extension ValueHolder {
    static var members: [String: any Formed.Type] { [:] }
}

extension Option: ValueHolder {
    fileprivate static var form: (any Formed.Type)? { Value.self as? any Formed.Type }
}

extension Argument: ValueHolder {
    fileprivate static var form: (any Formed.Type)? { Value.self as? any Formed.Type }
}

extension OptionGroup: ValueHolder {
    fileprivate static var form: (any Formed.Type)? { nil }
    fileprivate static var members: [String: any Formed.Type] { ValueForms.of(Value.self) }
}

/// The types of a command's options and words, by their names on the command line (`hourly-max`).
enum ValueForms {
    static func of(_ type: any ParsableArguments.Type) -> [String: any Formed.Type] {
        var forms: [String: any Formed.Type] = [:]
        for child in Mirror(reflecting: type.init()).children {
            guard let holder = Swift.type(of: child.value) as? any ValueHolder.Type, let label = child.label else {
                continue
            }
            forms.merge(holder.members) { $1 }
            if let form = holder.form { forms[name(label)] = form }  // bounded: a dictionary
        }
        return forms
    }

    /// What an option takes where that is less than its type could hold, as its command says, too.
    static let narrower = [
        "stars": "a whole number from 1 to 5", "days": "a whole number from 1 to 3650",
        "threads": "a whole number from 1 to \(BenchmarkLimits.threadsMax)",
    ]

    /// The form of an option or word of the command with this path; nil where every text will do.
    static func form(_ argument: CommandShape.Argument, of path: [String]) -> (any Formed.Type)? {
        let name = argument.text.filter { $0 != "<" && $0 != ">" }
        return command(path).flatMap { of($0)[String(name.drop { $0 == "-" })] }  // bounded: a dictionary
    }

    private static func command(_ path: [String]) -> (any ParsableCommand.Type)? {
        var type: any ParsableCommand.Type = Gcx.self
        for name in path {
            guard let next = type.configuration.subcommands.first(where: { $0._commandName == name }) else {
                return nil
            }
            type = next
        }
        return type
    }

    /// `_hourlyMax` as `hourly-max`, `_hwlocXML` as `hwloc-xml`.
    private static func name(_ label: String) -> String {
        var (text, wasLarge) = ("", true)
        for letter in label.drop(while: { $0 == "_" }) {
            if letter.isUppercase, !wasLarge { text += "-" }  // bounded: joins texts
            wasLarge = letter.isUppercase
            text += letter.lowercased()  // bounded: joins texts
        }
        return text
    }
}
