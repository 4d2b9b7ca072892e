import GCXLinux
import GCXSandbox

/// Opens files below the directory and hands them to the parent.
enum Opening {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        guard let directory = order.directoryDescriptor, let socket = order.socketDescriptor else { return report }
        do throws(ImageError) {
            var files: [OpenFile] = []
            for name in order.names {
                files.append(
                    OpenFile(try LayoutFile.open(name, beneath: directory, bytesMax: order.limits.bytesMax, label: "")))
            }
            do throws(LinuxError) { try MessagePair.send(files, through: socket) } catch { throw .linux(error) }
        } catch .notAnImage(_, let reason) {
            UnpackFailure.damaged(reason).put(into: &report)
        } catch .linux(let error) {
            UnpackFailure(error).put(into: &report)
        } catch {
            UnpackFailure.damaged(error.description).put(into: &report)
        }
        return report
    }
}
