import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import Synchronization

/// Asks for a password on the terminal without showing it.
///
/// Keys are read one by one with the terminal's own handling off, because that would show them, and because `getpass(3)`
/// takes Ctrl-C for a character. Whatever ends the question, the terminal is as it was before: also a signal.
final class PasswordPrompt {
    private let terminal: FileDescriptor
    private var before = termios()

    /// Nil where there is no terminal.
    init?(_ text: String) {
        do { terminal = try FileDescriptor.open("/dev/tty", O_RDWR) } catch { return nil }
        guard unsafe tcgetattr(terminal.number, &before) == 0 else { return nil }
        // Made here, for a handler must not be the first to touch it.
        Caught.number.store(0, ordering: .relaxed)
        for number in Self.signals { signal(number) { Caught.number.store($0, ordering: .relaxed) } }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        quiet.c_iflag &= ~tcflag_t(IXON | ICRNL)
        unsafe tcsetattr(terminal.number, TCSAFLUSH, &quiet)
        say(text)
    }

    deinit { restore() }

    private func restore() {
        var before = before
        unsafe tcsetattr(terminal.number, TCSAFLUSH, &before)
        for number in Self.signals { signal(number, SIG_DFL) }
    }

    /// The line that is typed. A signal or Ctrl-C ends the program, as it would at any other moment.
    ///
    /// - Throws: ``CommandError`` when nothing was typed, or no text.
    func line() throws -> String {
        var line = PasswordLine()
        while true {
            switch next(&line) {
            case .taken: continue
            case .refused: say("\u{7}")
            case .entered(let text):
                say("\n")
                return text
            case .ended:
                say("\n")
                throw CommandError("no password was typed", fix: "Type it, or name a file with --password-file.")
            case .unusable(let why):
                say("\n")
                throw CommandError("the password cannot be used: \(why)", fix: "Type it again.")
            case .interrupted(let number): end(number)
            }
        }
    }

    /// What the next byte did; a signal counts as the key that sends it.
    private func next(_ line: inout PasswordLine) -> PasswordLine.Event {
        while true {
            let number = Caught.number.load(ordering: .relaxed)
            if number != 0 { return .interrupted(number) }
            // bounded: a constant of the kernel
            var item = pollfd(fd: terminal.number, events: Int16(POLLIN), revents: 0)
            // A signal that comes between the look and the wait is seen a moment later.
            guard unsafe poll(&item, 1, Self.lookMilliseconds) > 0 else { continue }
            var byte: UInt8 = 0
            switch unsafe read(terminal.number, &byte, 1) {
            case 1: return line.take(byte)
            case 0: return .ended
            default: if errno != EINTR { return .ended }
            }
        }
    }

    /// Restores the terminal and ends as a program does that the signal ended.
    private func end(_ number: Int32) -> Never {
        say("\n")
        restore()
        exit(128 + number)  // bounded: the number of a signal
    }

    private func say(_ text: String) { Terminal.write(text, to: terminal.number) }

    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    private static let lookMilliseconds: Int32 = 100
}

/// The signal that came while a password was asked for; 0 for none. A handler may do no more than this.
private enum Caught {
    static let number = Atomic<Int32>(0)
}
