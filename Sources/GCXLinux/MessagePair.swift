import CLinux

/// Two sockets that know only each other, by which one process hands open files to another.
package struct MessagePair: ~Copyable {
    package let ours: FileDescriptor
    package let theirs: FileDescriptor

    package init() throws(LinuxError) {
        var numbers: [Int32] = [-1, -1]
        try linux("socketpair", "new pair of sockets") { unsafe gcx_message_pair(&numbers) }
        // bounded here: the two of the list above
        ours = FileDescriptor(owning: numbers[0])
        theirs = FileDescriptor(owning: numbers[1])
    }

    /// Both ends, to be kept apart.
    package consuming func ends() -> (ours: OpenFile, theirs: OpenFile) { (OpenFile(ours), OpenFile(theirs)) }

    /// Hands over files that stay open here.
    ///
    /// Source: unix(7), SCM_RIGHTS.
    package static func send(_ files: [OpenFile], through socket: Int32) throws(LinuxError) {
        let numbers = files.map(\.number)
        try linux("sendmsg", "open files") { unsafe gcx_send_files(socket, numbers, Int32(clamping: numbers.count)) }
    }

    /// The files of one message that has come already; they are closed on exec.
    ///
    /// - Throws: ``LinuxError/systemCall(operation:object:errno:)`` with `EAGAIN` when none came, with `EMSGSIZE` when
    ///   more than `most` did.
    package func receive(most: Int) throws(LinuxError) -> [OpenFile] { try Self.receive(from: ours.number, most: most) }

    /// The same from a socket that came from elsewhere. No file at the end of what is sent.
    package static func receive(from socket: Int32, most: Int) throws(LinuxError) -> [OpenFile] {
        var numbers = [Int32](repeating: -1, count: max(1, most))
        let count = try linux("recvmsg", "open files") {
            unsafe gcx_receive_files(socket, &numbers, Int32(clamping: most))
        }
        return numbers.prefix(max(0, Int(clamping: count))).map { OpenFile(FileDescriptor(owning: $0)) }
    }
}
