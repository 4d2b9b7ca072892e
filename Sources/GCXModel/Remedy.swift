/// What whoever receives an error can do about it.
///
/// The command line prints it, the API returns it, and the services obey it.
package enum Remedy: Equatable, Sendable {
    /// The same call may succeed later.
    case retry(after: Duration)
    /// A person has to change something first; the text is an instruction in the imperative.
    case fix(String)
    /// The call is wrong for good: repeating it gives the same answer.
    case refuse
}

/// An error whose description is a sentence of ours, fit to be shown.
package protocol WordedError: Error, CustomStringConvertible, Sendable {}

/// An error that knows its remedy. Every closed error enum of the project conforms.
package protocol RemediedError: WordedError {
    var remedy: Remedy { get }
}
