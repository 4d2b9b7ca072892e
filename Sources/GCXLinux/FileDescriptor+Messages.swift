import CLinux
import Glibc

extension FileDescriptor {
    /// Sends bytes through a socket, and with the first of them open files, which stay open here.
    ///
    /// Source: unix(7), SCM_RIGHTS.
    package func send(_ bytes: [UInt8], with files: [OpenFile] = []) throws(LinuxError) {
        let numbers = files.map(\.number)
        var offset = 0
        while offset < bytes.count {
            let (start, socket, with) = (offset, number, offset == 0 ? numbers : [])
            // bounded here: no more is sent than is left
            offset += Int(
                try linux("sendmsg", "socket") {
                    unsafe bytes.withUnsafeBytes {
                        unsafe gcx_send_part(
                            socket, $0.baseAddress?.advanced(by: start), bytes.count - start, with,
                            Int32(clamping: with.count))
                    }
                })
        }
        withExtendedLifetime(files) {}
    }

    /// So many bytes from a socket, and the files that came with the first of them; nil at the end of the stream.
    ///
    /// - Throws: ``LinuxError/systemCall(operation:object:errno:)`` with `EMSGSIZE` when more files came than `filesMax`, with
    ///   `EPIPE` when the stream ended in the middle, with `EAGAIN` when the patience of the socket was over.
    package func receive(_ count: Int, filesMax: Int = 0) throws(LinuxError) -> (bytes: [UInt8], files: [OpenFile])? {
        var bytes = [UInt8](repeating: 0, count: count)
        var files: [OpenFile] = []
        var offset = 0
        while offset < count {
            var numbers = [Int32](repeating: -1, count: max(1, filesMax))
            var came: Int32 = 0
            let (start, socket) = (offset, number)
            // bounded here: no more is received than is wanted
            let got = try linux("recvmsg", "socket") {
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe gcx_receive_part(
                        socket, $0.baseAddress?.advanced(by: start), count - start, &numbers,
                        Int32(clamping: filesMax), &came)
                }
            }
            files += numbers.prefix(Int(came)).map { OpenFile(FileDescriptor(owning: $0)) }
            guard files.count <= filesMax else {
                throw .systemCall(operation: "recvmsg", object: "socket", errno: EMSGSIZE)
            }
            if got == 0 {
                if offset == 0 { return nil }
                throw .systemCall(operation: "recvmsg", object: "socket", errno: EPIPE)
            }
            offset += Int(got)
        }
        return (bytes, files)
    }
}
