import GCXLinux
import GCXSandbox

/// Digests of files as bytes.
enum Digests {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        do throws(LinuxError) {
            for archive in order.archiveDescriptors {
                report.digests.append(try SHA256Hex.of(archive, "blob").hex)
            }
        } catch { UnpackFailure(error).put(into: &report) }
        return report
    }
}
