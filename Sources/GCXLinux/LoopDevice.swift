import CLinux
import Glibc

/// A file that serves as a block device, until its last user closes it.
package struct LoopDevice: ~Copyable {
    private let device: FileDescriptor
    /// For example `/dev/loop3`.
    package let path: String

    /// Attaches `file` to a free loop device.
    ///
    /// The kernel detaches it by itself when the last mount or descriptor goes (LO_FLAGS_AUTOCLEAR), so a crash
    /// leaves no device behind. Source: loop(4), LOOP_CONFIGURE.
    package static func attach(_ file: String) throws(LinuxError) -> LoopDevice {
        guard Files.exists("/dev/loop-control") else {
            throw .unsupported(what: "loop devices", reason: "/dev/loop-control is missing; try `modprobe loop`")
        }
        let control = try FileDescriptor.open("/dev/loop-control", O_RDWR)
        let backing = try FileDescriptor.open(file, O_RDWR)
        for _ in 0..<LinuxLimits.loopTriesMax {
            let index = try linux("LOOP_CTL_GET_FREE", "/dev/loop-control") { gcx_loop_get_free(control.number) }
            let path = "/dev/loop\(index)"
            let device = try FileDescriptor.open(path, O_RDWR)
            let answer = gcx_loop_configure(device.number, backing.number)
            if answer == 0 { return LoopDevice(device: device, path: path) }
            guard answer == -EBUSY else { throw .systemCall(operation: "LOOP_CONFIGURE", object: file, errno: -answer) }
        }
        throw .systemCall(operation: "LOOP_CONFIGURE", object: file, errno: EBUSY)
    }
}
