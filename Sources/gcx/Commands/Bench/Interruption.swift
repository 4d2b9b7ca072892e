import GCXLinux
import Glibc
import Synchronization

/// Ctrl-C and its kin during a run: noted by the handler, obeyed where the probe can be ended and nothing is half written.
enum Interruption {
    private static let asked = Atomic<Int32>(0)
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// From now on the signals are noted.
    static func arm() {
        // Made here, so that the handler only ever stores.
        asked.store(0, ordering: .relaxed)
        for number in signals { signal(number) { Interruption.asked.store($0, ordering: .relaxed) } }
    }

    static var isAsked: Bool { asked.load(ordering: .relaxed) != 0 }

    /// Ends the program by the signal that came, so that a shell sees what happened; returns when none did.
    static func endIfAsked() {
        let number = asked.load(ordering: .relaxed)
        guard number != 0 else { return }
        Terminal.complain("interrupted; nothing was written")
        signal(number, SIG_DFL)
        // To this very thread, whose pool blocks signals: sent to the process it could come later than the exit below.
        var mine = sigset_t()
        unsafe sigemptyset(&mine)
        unsafe sigaddset(&mine, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &mine, nil)
        raise(number)
        exit(128 + number)  // bounded: the number of a signal
    }

    /// What ends the probe when a signal came.
    static func check() throws(LinuxError) {
        if isAsked { throw .systemCall(operation: "run", object: "gcx-probe", errno: EINTR) }
    }
}
