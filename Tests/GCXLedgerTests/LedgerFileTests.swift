import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Glibc
import Support
import Testing

@Suite("The file of a ledger")
struct LedgerFileTests {
    let folder: Folder
    let world: TestWorld

    init() throws {
        folder = try Folder()
        world = try TestWorld()
    }

    private func found() async throws {
        let ledger = try openLedger(folder, world)
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 5)))
        try await ledger.settle()
    }

    @Test("a ledger that was emptied or lost is not founded anew, until its owner says so")
    func lost() async throws {
        try await found()
        let whole = try #require(FileManager.default.contents(atPath: folder.ledger))
        #expect(truncate(folder.ledger, 0) == 0)
        for suffix in ["-wal", "-shm"] { unlink(folder.ledger + suffix) }
        for _ in 0..<2 { #expect(throws: LedgerError.self) { try openLedger(folder, world) } }
        #expect(FileManager.default.contents(atPath: folder.ledger)?.isEmpty == true, "nothing was written")
        unlink(folder.ledger)
        let error = #expect(throws: LedgerError.self) { try openLedger(folder, world) }
        #expect(error?.description.contains("is not there") == true, "\(String(describing: error))")
        try whole.write(to: URL(filePath: folder.ledger))
        #expect(try await openLedger(folder, world).account(world.buyer.address).balance == 5)
        unlink(folder.ledger)
        unlink(folder.ledger + ".lock")
        #expect(try await openLedger(folder, world).account(world.buyer.address).balance == 0)
    }

    @Test("a second writer is refused by whatever name it calls the file")
    func second() async throws {
        try await found()
        #expect(symlink(folder.ledger, folder.path + "/same.sqlite") == 0)
        let ledger = try openLedger(folder, world)
        #expect(throws: LedgerError.locked(path: Untrusted(folder.path + "/same.sqlite"))) {
            try SQLiteLedger(path: folder.path + "/same.sqlite", operatorKey: world.operator, isTestNetwork: true) { 0 }
        }
        #expect(throws: LedgerError.locked(path: Untrusted(folder.ledger))) { try openLedger(folder, world) }
        _ = await ledger.head()
    }

    @Test("it is for its owner alone, also one that was not")
    func modes() async throws {
        try await found()
        #expect(chmod(folder.ledger, 0o666) == 0)
        let ledger = try openLedger(folder, world)
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 6)))
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            var status = stat()
            #expect(stat(folder.path + "/" + name, &status) == 0 && status.st_mode & 0o077 == 0, "\(name)")
        }
    }
}
