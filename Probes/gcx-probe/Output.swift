import Glibc

/// Writes whole texts to a descriptor of the process.
enum Output {
    /// Standard error, for the reason of a failure.
    static func complain(_ text: String) {
        _ = write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Standard output; false when the reader is gone or the disk is full.
    static func document(_ bytes: [UInt8]) -> Bool {
        write(bytes, to: STDOUT_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
