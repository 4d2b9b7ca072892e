import FoundationEssentials
import GCXHardware
import GCXModel
import Glibc

/// A machine folder ready to be read: its `tree.txt` is unpacked into a temporary folder that goes with this object.
final class OpenMachineFolder {
    let root: SystemRoot
    private let unpacked: String?

    init(_ path: String) throws(CollectorError) {
        let folder = SystemRoot(path: path)
        guard folder.exists("tree.txt") else {
            guard folder.exists("sys") || folder.exists("proc") else { throw .noMachine(path: path) }
            (root, unpacked) = (folder, nil)
            return
        }
        let place = try Self.unpack(folder)
        (root, unpacked) = (SystemRoot(path: place), place)
    }

    deinit {
        if let unpacked { try? FileManager.default.removeItem(atPath: unpacked) }
    }

    private static func unpack(_ folder: SystemRoot) throws(CollectorError) -> String {
        let tree = folder.absolute("tree.txt")
        guard let text = folder.text("tree.txt") else { throw .unreadable(path: tree, errno: errno) }
        do {
            let entries = try MachineFolder.parse(text)
            let place = try temporaryFolder()
            try MachineFolder.write(entries, below: place)
            return place
        } catch {
            throw .badTree(path: tree, reason: ForeignError.words(error))
        }
    }

    private static func temporaryFolder() throws(MachineFolder.TreeError) -> String {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/gcx-machine-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw .cannotWrite(path: base, errno: errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
