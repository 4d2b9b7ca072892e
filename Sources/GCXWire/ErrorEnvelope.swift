import FoundationEssentials
package import GCXModel
package import HTTPTypes

/// An error that crosses a socket and arrives as the same value.
package protocol WireError: RemediedError, Codable {
    var status: HTTPResponse.Status { get }
}

extension WireError {
    /// The name of the case, which is what programs in other languages compare.
    package var code: String {
        // Swift writes an enum as an object with one member, named like the case.
        let name = try? WireJSON.answer(OnlyKey.self, from: WireJSON.encode(self)).name
        return name ?? "unknown"
    }
}

extension WireError {
    /// What the header `Retry-After` says, where the same request may succeed later: whole seconds, at least one.
    package var retryAfterSeconds: Int64? {
        guard status == .tooManyRequests || status == .serviceUnavailable, case .retry(let after) = remedy else {
            return nil
        }
        return max(after.components.seconds, 1)
    }
}

private struct OnlyKey: Decodable {
    let name: String?

    init(from decoder: any Decoder) throws {
        name = try decoder.container(keyedBy: TextKey.self).allKeys.first?.stringValue
    }
}

/// The body of every answer that is not a success: a problem of RFC 9457, with members of ours.
///
/// `message`, `remedy` and `error` are older than that form, and stay: whoever reads only these finds what was always there.
package struct ErrorEnvelope<Failure: WireError>: Codable {
    /// The kind of problem, ``ProblemWire/type(_:)``; nil from a server older than the form, as are the next four.
    package var type: String?
    /// The kind in words, the same for every occurrence.
    package var title: String?
    /// The status of the answer.
    package var status: Int?
    /// What went wrong this time, for people; the same as `message`.
    package var detail: Untrusted?
    /// The path that was asked for; nil where no request could be read.
    package var instance: Untrusted?
    /// The name of the error's case.
    package var code: String
    /// For people.
    package var message: Untrusted
    package var remedy: WireRemedy
    /// The error itself.
    package var error: Failure

    /// - Parameter path: what was asked for, as it came.
    package init(_ error: Failure, at path: String? = nil) {
        code = error.code
        type = ProblemWire.type(code)
        title = ProblemWire.title(code)
        status = error.status.code
        message = Untrusted(error.description)
        detail = message
        instance = path.flatMap(ProblemWire.instance)
        remedy = WireRemedy(error.remedy)
        self.error = error
    }
}

/// The part of an envelope that can be read whatever error is inside.
package struct ErrorSummary: Codable {
    package var code: String
    package var message: Untrusted
    package var remedy: WireRemedy
}

/// A `Remedy` in JSON: `{"kind": "fix", "instruction": "…"}`.
package struct WireRemedy: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable { case retry, fix, refuse }
    package var kind: Kind
    /// With `retry`.
    package var afterSeconds: Int64?
    /// With `fix`.
    package var instruction: Untrusted?

    package init(_ remedy: Remedy) {
        switch remedy {
        case .retry(let after): (kind, afterSeconds) = (.retry, after.components.seconds)
        case .fix(let text): (kind, instruction) = (.fix, Untrusted(text))
        case .refuse: kind = .refuse
        }
    }

    /// The same, said again here.
    package var remedy: Remedy {
        switch (kind, afterSeconds, instruction) {
        case (.retry, let after?, _): .retry(after: .seconds(max(after, 0)))
        case (.fix, _, let instruction?): .fix(instruction.shown)
        default: .refuse
        }
    }
}
