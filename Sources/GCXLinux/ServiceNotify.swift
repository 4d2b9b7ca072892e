import Glibc

/// What the service manager is told: nothing happens when there is none.
///
/// Source: sd_notify(3); the datagram goes to the socket named by NOTIFY_SOCKET.
package enum ServiceNotify {
    package static func ready() { send("READY=1") }
    package static func stopping() { send("STOPPING=1") }
    package static func watchdog() { send("WATCHDOG=1") }
    package static func status(_ text: String) { send("STATUS=\(text)") }

    /// How long to wait between two signs of life, or nil when the service manager wants none: a quarter of its limit,
    /// so that one late turn is no death.
    ///
    /// Source: WATCHDOG_USEC, in microseconds.
    package static var watchdogPause: Duration? {
        guard let text = unsafe getenv("WATCHDOG_USEC").map({ unsafe String(cString: $0) }),
            let limit = Int64(text, radix: 10)
        else {
            return nil
        }
        return .microseconds(limit / 4)
    }

    /// Sends one line to the socket `path`, or to the one in the environment; true when it was taken.
    @discardableResult
    package static func send(_ text: String, to path: String? = nil) -> Bool {
        guard let path = unsafe path ?? getenv("NOTIFY_SOCKET").map({ unsafe String(cString: $0) }) else {
            return false
        }
        // bounded here: constants of the kernel; a name is shorter than the path of an address
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var address = sockaddr_un()
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        // A name that begins with @ is an abstract socket: its first byte is zero.
        if name.first == UInt8(ascii: "@") { address.sun_path.0 = 0 }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(text.utf8)
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length) == bytes.count
            }
        }
    }
}
