import CLinux
import Glibc

/// Where this code lies on the disk.
package enum OwnFile {
    /// The running program.
    ///
    /// Source: proc(5), `/proc/self/exe`.
    package static var program: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))  // bounded: a constant of the kernel, 4,096
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        // bounded: no more is read than the buffer holds
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// The file that holds this code: tests are a library that another program has loaded.
    package static var library: String? {
        guard let name = unsafe gcx_own_file(), unsafe name.pointee == 47 else { return nil }
        return unsafe String(cString: name)
    }
}
