import GCXLinux
import Glibc

/// A question to the person at the terminal, answered with a line.
enum Question {
    /// Whether somebody sees a question and can answer it.
    static let canBeAsked = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1

    /// What is typed, in lower case and without spaces; nil when the input ends, or when a signal comes before the line does.
    static func ask(_ text: String) async -> String? {
        Terminal.write(text, to: STDERR_FILENO)
        let count = Interrupt.count
        let line = await blocking { Self.line(after: count) }
        if line == nil { Terminal.complain("") }
        return line.map { $0.filter { !$0.isWhitespace }.lowercased() }
    }

    private static func line(after count: Int) -> String? {
        var bytes: [UInt8] = []
        while Interrupt.count <= count {
            // bounded: a constant of the kernel
            var item = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&item, 1, lookMilliseconds) > 0 else { continue }
            var byte: UInt8 = 0
            let read = unsafe Glibc.read(STDIN_FILENO, &byte, 1)
            if read < 0, errno == EINTR { continue }
            guard read == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            if bytes.count < bytesMax { bytes.append(byte) }
        }
        return nil
    }

    private static let lookMilliseconds: Int32 = 100
    /// An answer is a letter or a word.
    private static let bytesMax = 64
}
