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

/// The body of every answer that is not a success.
package struct ErrorEnvelope<Failure: WireError>: Codable {
    /// The name of the error's case.
    package var code: String
    /// For people.
    package var message: Untrusted
    package var remedy: WireRemedy
    /// The error itself.
    package var error: Failure

    package init(_ error: Failure) {
        code = error.code
        message = Untrusted(error.description)
        remedy = WireRemedy(error.remedy)
        self.error = error
    }
}

/// The part of an envelope that can be read whatever error is inside.
package struct ErrorSummary: Codable {
    package var code: String
    package var message: Untrusted
}

/// A `Remedy` in JSON: `{"kind": "fix", "instruction": "…"}`.
package struct WireRemedy: Codable, Equatable {
    package enum Kind: String, Codable { case retry, fix, refuse }
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
}
