import GCXLinux
import Glibc
import Testing

@testable import GCXSandbox

@Suite("Archives from outside", .enabled(if: ChildProcess.find("tar") != nil, "needs tar"))
struct ArchiveTests {
    /// A directory that goes away with the test.
    final class Folder {
        let path: String
        init() throws {
            var template = Array("/tmp/gcx-tar-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw LinuxError.malformed(object: "/tmp", reason: "mkdtemp") }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            for name in ["in", "out"] { try Files.makeDirectory("\(path)/\(name)") }
        }
        deinit { try? Files.removeTree(path) }

        var archive: TarArchive { TarArchive(path: "\(path)/a.tar") }
        func tar(_ arguments: String...) throws {
            try ChildProcess("tar", ["-cf", "\(path)/a.tar", "-C", "\(path)/in"] + arguments).run()
        }
    }

    @Test("plain files, long names and links come through", arguments: ["gnu", "pax", "ustar"])
    func roundTrip(_ format: String) throws {
        let folder = try Folder()
        let deep = "\(folder.path)/in/" + String(repeating: "d", count: 90)
        try Files.makeDirectory(deep)
        let name = String(repeating: "n", count: format == "ustar" ? 60 : 150)
        try DurableFile.write("content".utf8, to: "\(deep)/\(name)")
        symlink("elsewhere", "\(folder.path)/in/link")
        try folder.tar("--format=\(format)", ".")
        let summary = try folder.archive.unpack(into: "\(folder.path)/out", limits: .upload)
        #expect(summary == TarArchive.Summary(entries: 4, bytes: 7))
        let copy = "\(folder.path)/out/" + String(repeating: "d", count: 90) + "/\(name)"
        #expect(try Files.text(copy) == "content")
    }

    @Test("a file with holes counts as large as it will be")
    func sparse() throws {
        let folder = try Folder()
        let file = try FileDescriptor.open("\(folder.path)/in/holes", O_WRONLY | O_CREAT)
        ftruncate(file.number, 5 << 20)
        for format in ["gnu", "pax"] {
            try folder.tar("--sparse", "--format=\(format)", "holes")
            #expect((Disk.size(of: folder.archive.path) ?? 0) < 1 << 20)
            #expect(try folder.archive.inspect(limits: .upload).bytes == 5 << 20, "\(format)")
            #expect(throws: ImageError.self) {
                try folder.archive.inspect(limits: TarLimits(entriesMax: 9, bytesMax: 1 << 20))
            }
        }
    }

    @Test("names that lead out of the directory are refused before anything is written")
    func traversal() throws {
        let folder = try Folder()
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/file")
        for transform in ["s,file,../escaped,", "s,file,/tmp/gcx-absolute,"] {
            try folder.tar("-P", "--transform=\(transform)", "file")
            guard
                case .unsafeArchive? = #expect(
                    throws: ImageError.self,
                    performing: {
                        try folder.archive.unpack(into: "\(folder.path)/out", limits: .upload)
                    })
            else {
                Issue.record("not refused: \(transform)")
                continue
            }
        }
        #expect(!Files.exists("\(folder.path)/escaped") && !Files.exists("/tmp/gcx-absolute"))
    }

    @Test("a link to outside is not followed by an entry behind it")
    func linkThenFile() throws {
        let folder = try Folder()
        try Files.makeDirectory("\(folder.path)/target")
        symlink("\(folder.path)/target", "\(folder.path)/in/door")
        try folder.tar("door")
        try Files.remove("\(folder.path)/in/door")
        try Files.makeDirectory("\(folder.path)/in/door")
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/door/file")
        try ChildProcess("tar", ["-rf", folder.archive.path, "-C", "\(folder.path)/in", "door/file"]).run()
        _ = try? folder.archive.unpack(into: "\(folder.path)/out", limits: .upload)
        #expect(!Files.exists("\(folder.path)/target/file"))
    }

    @Test("devices and pipes are refused")
    func kinds() throws {
        let folder = try Folder()
        mkfifo("\(folder.path)/in/pipe", 0o600)
        try folder.tar("pipe")
        #expect(throws: ImageError.self) { try folder.archive.inspect(limits: .upload) }
    }

    @Test("limits, cut archives and rubbish are refused")
    func rubbish() throws {
        let folder = try Folder()
        try DurableFile.write([UInt8](repeating: 1, count: 4096), to: "\(folder.path)/in/file")
        try folder.tar("file", "--add-file=\(folder.path)/in/file")
        #expect(throws: ImageError.self) {
            try folder.archive.inspect(limits: TarLimits(entriesMax: 1, bytesMax: 1 << 20))
        }
        let bytes = try Files.bytes(folder.archive.path)
        try DurableFile.write(bytes.prefix(2000), to: folder.archive.path)
        #expect(throws: ImageError.self) { try folder.archive.inspect(limits: .upload) }
        try DurableFile.write([UInt8](repeating: 7, count: 2048), to: folder.archive.path)
        #expect(throws: ImageError.self) { try folder.archive.inspect(limits: .upload) }
    }

    @Test("a set-uid bit does not survive")
    func setUID() throws {
        let folder = try Folder()
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/file")
        chmod("\(folder.path)/in/file", 0o4755)
        try TarArchive.pack("\(folder.path)/in", into: folder.archive.path)
        try folder.archive.unpack(into: "\(folder.path)/out", limits: .upload)
        var status = stat()
        #expect(stat("\(folder.path)/out/file", &status) == 0 && status.st_mode & 0o7000 == 0)
    }
}
