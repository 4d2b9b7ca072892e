/// Errors that are no type of ours, in words of ours.
///
/// What a library throws has a name and a text for its developers. A person gets a sentence that says what happened; a
/// sentence that is too short for a developer is better than one that nobody else understands.
package enum ForeignError {
    /// What happened, as the rest of a sentence that says where.
    ///
    /// - Returns: the description of an error of ours; for another the best that is known of it, never its own text.
    package static func words(_ error: any Error) -> String {
        switch error {
        case let error as any WordedError: error.description
        case is CancellationError: "it was stopped before its end"
        case is DecodingError: JSONError(error).description
        case EncodingError.invalidValue(_, let context):
            "\(JSONPath.text(context.codingPath)) cannot be written as JSON"
        default: unknown
        }
    }

    /// Whether there is more to say of it than ``unknown``.
    package static func isKnown(_ error: any Error) -> Bool { words(error) != unknown }

    /// For what no case of ours names.
    package static let unknown = "a fault came up that gcx has no words for"
}

/// What SQLite answers, in words of ours: its own texts are for those who program with it.
package enum DatabaseWords {
    /// - Parameter code: SQLite's primary result code (sqlite.org/rescode.html).
    package static func text(code: Int32) -> String {
        switch code {
        case 3, 23: "this user may not use the file"
        case 5, 6: "another process is writing to it"
        case 7: "there is not enough memory"
        case 8: "the file or its directory may not be written to"
        case 10: "the disk could not read or write it"
        case 11: "the file is damaged"
        case 13: "the disk is full"
        case 14: "there is no such file, or this user may not open it"
        case 19: "an entry contradicts one that is there"
        case 24, 26: "the file is no database"
        default: "the database gave up (code \(code))"
        }
    }

    /// Whether the file itself is not what it should be, and the disk is well.
    package static func isOfFile(code: Int32) -> Bool {
        switch code {
        case 14, 24, 26: true
        default: false
        }
    }
}
