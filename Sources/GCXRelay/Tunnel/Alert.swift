/// A last word to a TLS client that is not let through, in the clear, as before a handshake.
///
/// Source: RFC 8446, 6; RFC 6066, 3 (unrecognized_name).
enum Alert: UInt8 {
    case unexpectedMessage = 10
    case decodeError = 50
    case internalError = 80
    case unrecognizedName = 112

    /// A fatal alert in a record of its own.
    var record: [UInt8] { [21, 3, 3, 0, 2, 2, rawValue] }
}
