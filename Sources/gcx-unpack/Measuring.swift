import CArchive
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// What a tree takes of its disk.
final class Measuring {
    private var report = UnpackReport()
    /// Files that have several names and were counted under one.
    private var counted: Set<ino_t> = []
    private var device: dev_t = 0

    func run(_ order: UnpackOrder) -> UnpackReport {
        do throws(UnpackFailure) {
            guard let directory = order.directoryDescriptor else { throw .damaged("no directory") }
            let top = try attempt { () throws(LinuxError) in
                try FileDescriptor.open(beneath: directory, [46, 0], O_RDONLY | O_DIRECTORY)
            }
            let status = try attempt { () throws(LinuxError) in try top.status("directory") }
            device = status.st_dev
            add(status)
            try measure(top.number, level: 1)
        } catch { error.put(into: &report) }
        return report
    }

    private func measure(_ directory: Int32, level: Int) throws(UnpackFailure) {
        for name in try attempt({ () throws(LinuxError) in try Files.names(inOpen: directory) }) {
            var status = stat()
            guard unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_dev == device else {
                continue
            }
            if status.st_nlink > 1, status.st_mode & S_IFMT != S_IFDIR, !counted.insert(status.st_ino).inserted {
                continue
            }
            add(status)
            // No entry of an archive lies deeper.
            guard status.st_mode & S_IFMT == S_IFDIR, level <= SandboxLimits.entryDepthMax,
                let child = try? FileDescriptor.open(beneath: directory, name, O_RDONLY | O_DIRECTORY)
            else { continue }
            // bounded: the depth was looked at
            try measure(child.number, level: level + 1)
        }
    }

    private func add(_ status: stat) {
        let (bytes, isOver) = UInt64(clamping: status.st_blocks).multipliedReportingOverflow(by: 512)
        report.diskBytes = report.diskBytes.saturatingSum(isOver ? .max : bytes)
    }
}
