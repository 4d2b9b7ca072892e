import GCXLinux
import Glibc

/// What the kernel says of a process.
enum ProcessFigures {
    /// Bytes that it has read, from files and connections.
    static func bytesRead(by process: pid_t) -> UInt64? { number("rchar", in: "/proc/\(process)/io") }

    /// KiB that it has held in memory at the most.
    static func peakKiB(of process: pid_t) -> UInt64? { number("VmHWM", in: "/proc/\(process)/status") }

    /// The size of the largest file that it has open below a folder.
    static func largestOpenFile(of process: pid_t, below folder: String) -> UInt64? {
        let files = "/proc/\(process)/fd"
        return (try? Files.names(in: files))?.filter { link("\(files)/\($0)").hasPrefix(folder) }
            .compactMap { Disk.size(of: "\(files)/\($0)") }.max()
    }

    private static func link(_ path: String) -> String {
        var bytes = [CChar](repeating: 0, count: 512)
        let count = readlink(path, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func number(_ name: String, in file: String) -> UInt64? {
        let line = Files.textIfThere(file)?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line?.split { !$0.isNumber }.first.flatMap { UInt64($0) }
    }
}
