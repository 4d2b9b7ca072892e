import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import gcx

@Suite("What a user keeps for himself")
struct UserFolderTests {
    private static let ledger = "unix:/run/a.sock"

    @Test("its place follows the XDG specification")
    func place() {
        func folder(_ values: [String: String], _ home: String? = nil) -> String? {
            UserFolder(home: home) { values[$0] }?.path
        }
        #expect(folder(["XDG_CONFIG_HOME": "/x", "HOME": "/h"]) == "/x/gcx")
        #expect(folder(["XDG_CONFIG_HOME": "x", "HOME": "/h"]) == "/h/.config/gcx")
        #expect(folder([:], "/var/a") == "/var/a/.config/gcx" && folder([:]) == nil)
    }

    private func withFolder(_ body: (UserFolder) throws -> Void) throws {
        let scratch = try TemporaryDirectory("gcx-user")
        try body(UserFolder(path: "\(scratch.path)/config/gcx"))
    }

    private static func mode(_ path: String) -> mode_t {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("the option goes before the environment, that before the user's file, that before the machine's")
    func order() throws {
        try withFolder { folder in
            func find(_ named: String?, _ environment: String?) throws -> LedgerChoice {
                try LedgerChoice.find(named: named, environment: environment, folder: folder) { "unix:/machine" }
            }
            #expect(try find(nil, nil) == LedgerChoice(place: "unix:/machine", source: .configuration))
            try folder.use(Self.ledger)
            #expect(try find(nil, nil) == LedgerChoice(place: Self.ledger, source: .user(folder.ledgerFile)))
            #expect(try find(nil, "unix:/e") == LedgerChoice(place: "unix:/e", source: .environment))
            #expect(try find("unix:/o", "unix:/e") == LedgerChoice(place: "unix:/o", source: .option))
            #expect(Self.mode(folder.path) == 0o700 && Self.mode(folder.ledgerFile) == 0o600)
            try folder.forgetLedger()
            #expect(try find(nil, nil).source == .configuration)
        }
    }

    @Test("a file that others may write is not believed", arguments: [0o666, 0o602, 0o660] as [mode_t])
    func open(mode: mode_t) throws {
        try withFolder { folder in
            try folder.use(Self.ledger)
            unsafe chmod(folder.ledgerFile, mode)
            #expect(throws: CommandError.self) { try folder.ledger() }
            unsafe chmod(folder.ledgerFile, 0o644)
            #expect(try folder.ledger() == Self.ledger)
        }
    }

    @Test("a key is found by its name, and a path stays a path")
    func keys() throws {
        try withFolder { folder in
            try folder.prepareKeys()
            #expect(throws: CommandError.self) { try folder.keystore("alice") }
            try DurableFile.write("{}".utf8, to: folder.key("alice"))
            #expect(try folder.keystore("alice") == folder.key("alice"))
            #expect(try folder.keyNames() == ["alice"])
            for path in ["./alice", "/a/alice", "../alice", ".hidden", "-x", "a b", "bob.json", ""] {
                #expect(try folder.keystore(path) == path)
            }
            let keys = String(folder.key("alice").dropLast("/alice.json".count))
            #expect(Self.mode(keys) == 0o700)
            unsafe chmod(keys, 0o750)
            #expect(throws: CommandError.self) { try folder.keystore("alice") }
            #expect(throws: CommandError.self) { try folder.keyNames() }
        }
    }
}
