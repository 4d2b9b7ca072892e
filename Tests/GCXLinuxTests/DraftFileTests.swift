import Glibc
import Testing

@testable import GCXLinux

@Suite("Files on their way")
struct DraftFileTests {
    @Test("a draft has no name until it is sealed and linked, and is gone when it is given up")
    func named() throws {
        let folder = try Folder()
        try {
            let draft = try DraftFile(in: folder.path)
            try draft.write("half".utf8, object: "draft")
            #expect(try Files.names(in: folder.path).isEmpty)
        }()
        #expect(try Files.names(in: folder.path).isEmpty)
        let draft = try DraftFile(in: folder.path)
        try draft.write("whole".utf8, object: "draft")
        let sealed = try draft.seal()
        let whole = try sealed.identity()
        #expect(try sealed.digest() == (SHA256Hex.of(Array("whole".utf8)), 5))
        #expect(try Files.names(in: folder.path).isEmpty)
        try sealed.link(as: "\(folder.path)/it")
        #expect(try Files.names(in: folder.path) == ["it"])
        #expect(try Files.text("\(folder.path)/it") == "whole")
        let identity = try FileIdentity(at: "\(folder.path)/it")
        #expect(identity.inode == whole.inode && identity.device == whole.device)
        #expect(identity.bytes == 5 && identity.mode == 0o400)
    }

    @Test("a name that is taken is never taken over, by a file or by a link")
    func taken() throws {
        let folder = try Folder()
        try DurableFile.write("mine".utf8, to: "\(folder.path)/it")
        #expect(symlink("\(folder.path)/it", "\(folder.path)/link") == 0)
        for name in ["it", "link"] {
            let path = "\(folder.path)/\(name)"
            #expect(throws: LinuxError.systemCall(operation: "link", object: path, errno: EEXIST)) {
                try DraftFile(in: folder.path).seal().link(as: path)
            }
        }
        #expect(try Files.names(in: folder.path) == ["it", "link"], "what got no name is gone")
        #expect(try Files.text("\(folder.path)/it") == "mine")
        #expect(throws: LinuxError.self) { try FileIdentity(at: "\(folder.path)/link") }
    }

    @Test("who still writes to a file is seen")
    func writers() throws {
        let folder = try Folder()
        let path = "\(folder.path)/part"
        do {
            let writer = try FileDescriptor.open(path, O_WRONLY | O_CREAT)
            #expect(try Files.hasWriters(path) != false)
            _ = writer.number
        }
        #expect(try Files.hasWriters(path) != true)
    }

    @Test("a database and its journals are for their owner alone, also those that were not")
    func database() throws {
        let folder = try Folder()
        let path = "\(folder.path)/d.sqlite"
        try Files.keepPrivate(database: path)
        try DurableFile.write([], to: "\(path)-wal", mode: 0o664)
        #expect(chmod(path, 0o644) == 0)
        try Files.keepPrivate(database: path)
        for suffix in ["", "-wal"] { #expect(try FileIdentity(at: path + suffix).mode == 0o600) }
        #expect(!Files.exists("\(path)-shm"))
    }
}
