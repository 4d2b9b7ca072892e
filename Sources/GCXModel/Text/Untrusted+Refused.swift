// The ways in which a value becomes text without anybody noticing. Swift would rather take the general form than one that
// is unavailable, and the general form takes everything; so these are deprecated, and a warning ends every build of ours.
// What they do, if something ever got past the compiler, is harmless.

extension DefaultStringInterpolation {
    @available(*, deprecated, message: "somebody else wrote this text: show it with `.shown`")
    package mutating func appendInterpolation(_ value: Untrusted) { appendLiteral(value.shown) }

    @available(*, deprecated, message: "somebody else wrote this text: show it with `?.shown`")
    package mutating func appendInterpolation(_ value: Untrusted?) { appendLiteral(value?.shown ?? "nil") }

    @available(*, deprecated, message: "somebody else wrote these texts: show each with `.shown`")
    package mutating func appendInterpolation(_ value: [Untrusted]) {
        appendLiteral(value.map(\.shown).joined(separator: ", "))
    }
}

extension String {
    @available(*, deprecated, message: "somebody else wrote this text: show it with `.shown`")
    package init(describing value: Untrusted) { self = value.shown }

    @available(*, deprecated, message: "somebody else wrote this text: show it with `?.shown`")
    package init(describing value: Untrusted?) { self = value?.shown ?? "nil" }

    @available(*, deprecated, message: "somebody else wrote this text: show it with `.shown`")
    package init(reflecting value: Untrusted) { self = value.shown }
}

extension Untrusted {
    @available(*, unavailable, message: "somebody else wrote this text: show it with `.shown`")
    package var description: String { shown }

    @available(*, unavailable, message: "somebody else wrote this text: show it with `.shown`")
    package var debugDescription: String { shown }
}
