import GCXLinux
import Glibc
import Testing

@testable import GCXSandbox

@Suite("Archives from outside", .enabled(if: ChildProcess.find("tar") != nil, "needs tar"))
struct ArchiveTests {
    @Test("plain files, long names and links come through", arguments: ["gnu", "pax", "ustar"])
    func roundTrip(_ format: String) throws {
        let folder = try ArchiveFolder()
        let deep = "\(folder.path)/in/" + String(repeating: "d", count: 90)
        try Files.makeDirectory(deep)
        let name = String(repeating: "n", count: format == "ustar" ? 60 : 150)
        try DurableFile.write("content".utf8, to: "\(deep)/\(name)")
        symlink("elsewhere", "\(folder.path)/in/link")
        try folder.tar("--format=\(format)", ".")
        let contents = try folder.unpack()
        #expect(contents == Unpacker.Contents(entries: 4, bytes: 7))
        #expect(try folder.inspect() == contents)
        let copy = "\(folder.path)/out/" + String(repeating: "d", count: 90) + "/\(name)"
        #expect(try Files.text(copy) == "content")
    }

    @Test("what is packed comes out the same: bytes, holes, links, names that are no text", arguments: [false, true])
    func pack(isSparse: Bool) throws {
        let folder = try ArchiveFolder()
        let root = "\(folder.path)/in"
        try Files.makeDirectories("\(root)/a/b")
        try DurableFile.write("content".utf8, to: "\(root)/a/b/file")
        link("\(root)/a/b/file", "\(root)/second")
        symlink("a/b/file", "\(root)/link")
        let odd: [CChar] = [101, -52, -127, -23, 0]  // e, a combining accent, and a byte that is no UTF-8
        let place = try FileDescriptor.open(root, O_RDONLY | O_DIRECTORY)
        close(openat(place.number, odd, O_CREAT | O_WRONLY, 0o600))
        let holes = try FileDescriptor.open("\(root)/holes", O_WRONLY | O_CREAT)
        ftruncate(holes.number, 5 << 20)
        if isSparse { pwrite(holes.number, "xyz", 3, 3_000_000) }
        try folder.pack()
        #expect((Disk.size(of: folder.archive) ?? 0) < 1 << 20)
        try folder.unpack()
        try ChildProcess("diff", ["-r", "--no-dereference", root, folder.out]).run()
        var (first, second) = (stat(), stat())
        #expect(stat("\(folder.out)/a/b/file", &first) == 0 && stat("\(folder.out)/second", &second) == 0)
        #expect(first.st_ino == second.st_ino)
        // GNU tar reads what we write.
        #expect(try ChildProcess("tar", ["-tf", folder.archive]).run().split(separator: "\n").count == 8)
    }

    @Test("equal trees are equal archives")
    func stable() throws {
        let folder = try ArchiveFolder()
        for name in ["b", "a", "c"] { try DurableFile.write(name.utf8, to: "\(folder.path)/in/\(name)") }
        try folder.pack()
        let first = try Files.bytes(folder.archive)
        try folder.pack()
        #expect(try Files.bytes(folder.archive) == first)
    }

    @Test("an archive may be compressed", arguments: ["gzip", "zstd"])
    func compressed(_ tool: String) throws {
        try #require(ChildProcess.find(tool) != nil, "needs \(tool)")
        let folder = try ArchiveFolder()
        try DurableFile.write("content".utf8, to: "\(folder.path)/in/file")
        try folder.tar("--use-compress-program=\(tool)", "file")
        #expect(try folder.unpack().bytes == 7)
        #expect(try Files.text("\(folder.out)/file") == "content")
    }

    @Test("a file with holes counts as large as it will be")
    func sparse() throws {
        let folder = try ArchiveFolder()
        let file = try FileDescriptor.open("\(folder.path)/in/holes", O_WRONLY | O_CREAT)
        ftruncate(file.number, 5 << 20)
        for format in ["gnu", "pax"] {
            try folder.tar("--sparse", "--format=\(format)", "holes")
            #expect((Disk.size(of: folder.archive) ?? 0) < 1 << 20)
            #expect(try folder.inspect().bytes == 5 << 20, "\(format)")
            #expect(throws: ImageError.self) {
                try folder.inspect(.input, ArchiveLimits(entriesMax: 9, bytesMax: 1 << 20))
            }
        }
    }

    @Test("names that lead out of the directory are refused before anything is written")
    func traversal() throws {
        let folder = try ArchiveFolder()
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/file")
        for transform in ["s,file,../escaped,", "s,file,/tmp/gcx-absolute,"] {
            try folder.tar("-P", "--transform=\(transform)", "file")
            guard case .unsafeArchive? = #expect(throws: ImageError.self, performing: { try folder.unpack() }) else {
                Issue.record("not refused: \(transform)")
                continue
            }
        }
        #expect(!Files.exists("\(folder.path)/escaped") && !Files.exists("/tmp/gcx-absolute"))
    }

    @Test("a link to outside is not followed by an entry behind it")
    func linkThenFile() throws {
        let folder = try ArchiveFolder()
        try Files.makeDirectory("\(folder.path)/target")
        symlink("\(folder.path)/target", "\(folder.path)/in/door")
        try folder.tar("door")
        try Files.remove("\(folder.path)/in/door")
        try Files.makeDirectory("\(folder.path)/in/door")
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/door/file")
        try ChildProcess("tar", ["-rf", folder.archive, "-C", "\(folder.path)/in", "door/file"]).run()
        _ = try? folder.unpack(.rootFilesystem)
        #expect(!Files.exists("\(folder.path)/target/file"))
    }

    @Test("devices and pipes are refused")
    func kinds() throws {
        let folder = try ArchiveFolder()
        mkfifo("\(folder.path)/in/pipe", 0o600)
        try folder.tar("pipe")
        #expect(throws: ImageError.self) { try folder.inspect() }
    }

    @Test("limits, cut archives and rubbish are refused")
    func rubbish() throws {
        let folder = try ArchiveFolder()
        try DurableFile.write([UInt8](repeating: 1, count: 4096), to: "\(folder.path)/in/file")
        try folder.tar("file", "--add-file=\(folder.path)/in/file")
        #expect(throws: ImageError.self) {
            try folder.inspect(.input, ArchiveLimits(entriesMax: 1, bytesMax: 1 << 20))
        }
        let bytes = try Files.bytes(folder.archive)
        try DurableFile.write(bytes.prefix(2000), to: folder.archive)
        #expect(throws: ImageError.self) { try folder.inspect() }
        for rubbish in [[UInt8](repeating: 7, count: 2048), [UInt8](repeating: 0, count: 2048), []] {
            try DurableFile.write(rubbish, to: folder.archive)
            #expect(throws: ImageError.self) { try folder.inspect() }
        }
    }

    @Test("a set-uid bit does not survive")
    func setUID() throws {
        let folder = try ArchiveFolder()
        try DurableFile.write("x".utf8, to: "\(folder.path)/in/file")
        chmod("\(folder.path)/in/file", 0o4755)
        try folder.pack()
        try folder.unpack()
        var status = stat()
        #expect(stat("\(folder.path)/out/file", &status) == 0 && status.st_mode & 0o7000 == 0)
    }

    @Test("what cannot be carried is left out of an output and named, and the rest is carried")
    func leftOut() throws {
        let folder = try ArchiveFolder()
        let root = "\(folder.path)/in"
        try DurableFile.write("kept".utf8, to: "\(root)/file")
        mkfifo("\(root)/pipe", 0o600)
        symlink("/etc/passwd", "\(root)/leaves")
        let packed = try folder.pack()
        #expect(packed.leftOut.map(\.name) == ["leaves", "pipe"] && packed.leftOutCount == 2)
        try folder.unpack(.output)
        #expect(try folder.listing().map { $0.split(separator: " ").last } == ["file"])
        // An agent that carries them all the same: the client does not.
        try folder.tar("file", "pipe", "leaves")
        let unpacked = try folder.unpack(.output)
        #expect(unpacked.leftOut.map(\.name) == ["pipe", "leaves"])
        #expect(try folder.listing().map { $0.split(separator: " ").last } == ["file"])
    }

    @Test("an output larger than it may be is not packed")
    func outputTooLarge() throws {
        let folder = try ArchiveFolder()
        try DurableFile.write([UInt8](repeating: 1, count: 1 << 20), to: "\(folder.path)/in/file")
        var limits = ArchiveLimits.own
        limits.archiveBytesMax = 300 << 10
        let error = #expect(throws: ImageError.self) { try folder.pack(.output, limits) }
        guard case .tooLarge(_, "the archive", 307_200)? = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
    }
}
