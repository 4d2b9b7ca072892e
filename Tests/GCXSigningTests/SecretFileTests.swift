import Foundation
import GCXModel
import Glibc
import Testing

@testable import GCXSigning

/// A folder that goes when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "gcx-signing-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("A file that holds a secret")
struct SecretFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/secret"
    }

    private func write(_ bytes: [UInt8], mode: mode_t = 0o600) throws {
        try Data(bytes).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
    }

    @Test(
        "is read for its owner alone: no bit for anybody else",
        arguments: [
            (0o600, true), (0o400, true), (0o700, true), (0o640, false), (0o620, false), (0o610, false), (0o604, false),
            (0o602, false), (0o601, false), (0o644, false), (0o666, false), (0o440, false), (0o777, false),
        ] as [(UInt32, Bool)])
    func modes(_ mode: UInt32, _ isRead: Bool) throws {
        try write(Array("word\n".utf8), mode: mode)
        if isRead {
            #expect(try SecretFile.password(path) == "word")
        } else {
            let error = #expect(throws: KeystoreError.fileExposed(path: path, mode: mode)) {
                try SecretFile.password(path)
            }
            #expect(error?.remedy == .fix("Run `chmod 600 \(path)`."))
        }
    }

    @Test("by another name it is the same file, with the same bits")
    func link() throws {
        try write(Array("word\n".utf8), mode: 0o644)
        #expect(symlink(path, folder.path + "/name") == 0)
        #expect(throws: KeystoreError.fileExposed(path: folder.path + "/name", mode: 0o644)) {
            try SecretFile.read(folder.path + "/name", bytesMax: 100)
        }
    }

    @Test(
        "its first line is the password, and what no keyboard gives is none",
        arguments: [
            ("word", "word"), ("word\n", "word"), ("word\nnotes\n", "word"), (" a b \n", " a b "), ("\nword", ""),
            ("p\u{E4}\u{DF}\n", "p\u{E4}\u{DF}"), ("word\r\n", nil), ("wo\trd\n", nil), ("wo\u{0}rd\n", nil),
            ("wo\u{7F}rd", nil), ("wo\u{9B}rd", nil), ("word\n\u{1B}[2J", "word"), ("", nil),
        ] as [(String, String?)])
    func lines(_ text: String, _ password: String?) throws {
        try write(Array(text.utf8))
        if let password {
            #expect(try SecretFile.password(path) == password)
        } else {
            let error = #expect(throws: KeystoreError.self) { try SecretFile.password(path) }
            guard case .passwordUnusable(path, _) = error else { throw SigningFailure("\(String(describing: error))") }
            #expect(error?.remedy == .fix("Write the password, and nothing else, into the first line of \(path)."))
        }
    }

    @Test("what is too long, no text, not there or no file says so")
    func others() throws {
        func reason() -> String? {
            do throws(KeystoreError) { _ = try SecretFile.password(path) } catch {
                if case .passwordUnusable(path, let reason) = error { return reason }
                return error.description
            }
            return nil
        }
        #expect(reason() == "is not there")
        try write([0x77, 0xFF, 0x0A])
        #expect(reason() == "is not UTF-8")
        try write([UInt8](repeating: 0x61, count: 4_096))
        #expect(reason() == nil)
        try write([UInt8](repeating: 0x61, count: 4_097))
        #expect(reason() == "is longer than 4,096 bytes")
        unlink(path)
        #expect(mkdir(path, 0o700) == 0)
        #expect(throws: KeystoreError.file(operation: "read", path: path, errno: EISDIR)) {
            try SecretFile.read(path, bytesMax: 9)
        }
    }

    @Test("a pipe is read to its end, and no further than its bound")
    func pipe() throws {
        #expect(mkfifo(path, 0o644) == 0)
        for (count, isRead) in [(10, true), (11, false), (4_000, false)] {
            let writer = Thread { [path] in
                let descriptor = open(path, O_WRONLY)
                _ = [UInt8](repeating: 0x61, count: count).withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                close(descriptor)
            }
            writer.start()
            let read = try? SecretFile.read(path, bytesMax: 10)
            #expect((read?.count == count) == isRead, "\(count)")
        }
    }
}

struct SigningFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
