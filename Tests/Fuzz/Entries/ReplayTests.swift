import Foundation
import GCXLinux
import Testing

/// The kept inputs through the same functions, without libFuzzer: what crashed once never does again.
///
/// Some of those functions wait for tasks, so they run on no thread of Swift's own: two that wait there leave no other on two processors.
@Suite("What the fuzzers found and keep")
struct ReplayTests {
    private static let corpora = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Corpora"

    @Test("every kept input is read to its end", arguments: FuzzEntry.all)
    func kept(_ entry: FuzzEntry) async throws {
        let folder = "\(Self.corpora)/\(entry.name)"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!names.isEmpty, "each fuzzer keeps inputs")
        let inputs = try names.sorted().map { Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) }
        await blocking { inputs.forEach(entry.run) }
    }

    @Test("seeds are read, cut short anywhere, and with any byte changed", arguments: FuzzEntry.all)
    func seeds(_ entry: FuzzEntry) async {
        let seeds = entry.seeds()
        #expect(!seeds.isEmpty)
        await blocking {
            for seed in seeds {
                entry.run(seed)
                for place in stride(from: 0, to: seed.count, by: max(1, seed.count / 16)) {
                    entry.run(Array(seed.prefix(place)))
                    var changed = seed
                    changed[place] ^= 0x15
                    entry.run(changed)
                }
            }
        }
    }

    @Test("a name chooses its fuzzer, and each has a folder of inputs")
    func names() throws {
        #expect(Set(FuzzEntry.all.map(\.name)).count == FuzzEntry.all.count)
        #expect(FuzzEntry.all.allSatisfy { FuzzEntry.named($0.name)?.name == $0.name })
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora)
        #expect(Set(folders) == Set(FuzzEntry.all.map(\.name)))
    }
}
