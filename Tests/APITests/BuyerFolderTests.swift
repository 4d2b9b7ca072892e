import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import Synchronization
import Testing

@testable import GCXBuyer

@Suite struct BuyerFolderTests {
    let lease = SampleLease()

    @Test(
        "it lies where the user's state does",
        arguments: [
            (["XDG_STATE_HOME": "/x", "HOME": "/h"], "/r", "/x/gcx"), (["HOME": "/h"], "/r", "/h/.local/state/gcx"),
            (["XDG_STATE_HOME": "x", "HOME": "/h"], nil, "/h/.local/state/gcx"), ([:], "/r", "/r/.local/state/gcx"),
            (["XDG_STATE_HOME": "", "HOME": ""], "/r", "/r/.local/state/gcx"), (["HOME": "h"], nil, nil),
            ([:], nil, nil),
        ] as [([String: String], String?, String?)])
    func place(environment: [String: String], home: String?, path: String?) {
        #expect(BuyerFolder(environment: environment, home: home)?.path == path)
    }

    private func record(_ count: UInt64, refused: Bool = false) -> BuyerRecord {
        let receipts = lease.receipts(count)
        var record = BuyerRecord(lease: lease.id, receipt: receipts.last)
        if refused { record.refused = .init(receipt: receipts[0], reason: "no") }
        return record
    }

    @Test("it is its owner's alone, and a journal that an older release left beside is brought in, once")
    func old() async throws {
        try await withScratch { directory in
            let folder = BuyerFolder(path: "\(directory)/home/.local/state/gcx")
            let old = "\(directory)/gcx-\(lease.id.short).journal"
            #expect(try !folder.prepare(lease.id, old: old))
            var status = stat()
            #expect(stat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
            try FileBuyerJournal(old).save(record(2))
            #expect(try folder.prepare(lease.id, old: old) && !Files.exists(old))
            let journal = FileBuyerJournal(folder.file(of: lease.id))
            #expect(try journal.load()?.receipt?.document.sequence == 2)
            #expect(stat(folder.file(of: lease.id), &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("of two the one that knows more holds; one of another lease, or one that cannot be read beside ours, stays")
    func two() async throws {
        try await withScratch { directory in
            let folder = BuyerFolder(path: directory)
            let (old, journal) = ("\(directory)/old", FileBuyerJournal(folder.file(of: lease.id)))
            try journal.save(record(3))
            try FileBuyerJournal(old).save(record(1))
            #expect(try !folder.prepare(lease.id, old: old))
            #expect(try journal.load()?.receipt?.document.sequence == 3 && !Files.exists(old))
            try FileBuyerJournal(old).save(record(4))
            #expect(try folder.prepare(lease.id, old: old))
            #expect(try journal.load()?.receipt?.document.sequence == 4)
            try FileBuyerJournal(old).save(BuyerRecord(lease: .random()))
            #expect(try !folder.prepare(lease.id, old: old) && Files.exists(old))
            try DurableFile.write("{".utf8, to: old)
            #expect(try !folder.prepare(lease.id, old: old) && Files.exists(old))
            try Files.remove(folder.file(of: lease.id))
            #expect(throws: BuyerError.self) { try folder.prepare(lease.id, old: old) }
        }
    }

    @Test("a settled lease's journal goes, and one with a refused receipt stays as evidence")
    func settled() async throws {
        try await withScratch { directory in
            let folder = BuyerFolder(path: directory)
            let journal = FileBuyerJournal(folder.file(of: lease.id))
            try journal.save(record(2))
            try DurableFile.write("x".utf8, to: "\(directory)/other.journal")
            #expect(folder.leases == [lease.id])
            folder.forget(lease.id)
            #expect(folder.leases.isEmpty && Files.exists("\(directory)/other.journal"))
            try journal.save(record(2, refused: true))
            folder.forget(lease.id)
            #expect(folder.leases == [lease.id])
        }
    }

    @Test("a session key is its owner's alone, comes back as it was, and goes when its lease is settled")
    func session() async throws {
        try await withScratch { directory in
            let folder = BuyerFolder(path: "\(directory)/state/gcx")
            #expect(try folder.session(of: lease.id) == nil)
            let key = PrivateKey.generate()
            try folder.keep(key, of: lease.id)
            #expect(try folder.session(of: lease.id)?.address == key.address && folder.leases == [lease.id])
            let file = "\(folder.path)/\(lease.id).session"
            var status = stat()
            #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
            // Beside a journal it is one lease.
            try FileBuyerJournal(folder.file(of: lease.id)).save(record(2, refused: true))
            #expect(folder.leases == [lease.id])
            #expect(chmod(file, 0o644) == 0)
            #expect(throws: BuyerError.self) { try folder.session(of: lease.id) }
            for text in ["", "no key", String(repeating: "0", count: 64), String(repeating: "1", count: 63)] {
                try DurableFile.write(text.utf8, to: file)
                #expect(throws: BuyerError.self, "\(text)") { try folder.session(of: lease.id) }
            }
            // A refused receipt is evidence; the key is not.
            folder.forget(lease.id)
            #expect(!Files.exists(file) && folder.leases == [lease.id])
        }
    }
}
