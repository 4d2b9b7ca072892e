import Foundation
import GCXLinux
import GCXModel
import Testing

@testable import GCXPricing

@Suite("The Compute Hour")
struct ComputeHourTests {
    /// The reference system itself.
    static let reference = ReferenceTable.v1.classes.flatMap(\.figures).map {
        Fact(name: Untrusted($0.fact), value: $0.reference, unit: Untrusted($0.unit), level: .measured, measuredAt: 1)
    }

    private func rating(_ edit: (inout [Fact]) -> Void) -> ComputeHourRating {
        var facts = Self.reference
        edit(&facts)
        return ComputeHourRating(facts, by: .v1)
    }

    @Test("the reference system is worth exactly one, in every figure, class and in all")
    func one() {
        let rating = rating { _ in }
        #expect(rating.thousandths == 1_000)
        #expect(rating.classes.map(\.thousandths) == [1_000, 1_000, 1_000])
        #expect(rating.classes.flatMap(\.ratios).allSatisfy { $0.thousandths == 1_000 })
    }

    @Test("a machine twice as good in everything is worth two, and latencies count the other way")
    func two() {
        let smaller = Set(ReferenceTable.v1.classes.flatMap(\.figures).filter { $0.better == .smaller }.map(\.fact))
        #expect(smaller == ["memory.latency.dram", "storage.fsync.p50"])
        let rating = rating { facts in
            for index in facts.indices {
                facts[index].value =
                    smaller.contains(where: { facts[index].name == $0 })
                    ? facts[index].value / 2 : facts[index].value * 2
            }
        }
        #expect(rating.thousandths == 2_000)
    }

    @Test("weights are shares of the exponent")
    func weights() {
        // Three of six parts of the processor, which is two of four parts of the whole.
        let rating = rating { facts in facts[0].value *= 16 }
        #expect(rating.classes[0].ratios[0].thousandths == 16_000)
        #expect(rating.classes[0].thousandths == 4_000)
        #expect(rating.thousandths == 2_000)
    }

    @Test("what is missing, claimed only, zero or in another unit leaves its class and the whole unrated")
    func missing() {
        let edits: [(inout [Fact]) -> Void] = [
            { $0.remove(at: 0) }, { $0[0].level = .claimed }, { $0[0].value = 0 }, { $0[0].unit = "GFLOP/s" },
        ]
        for edit in edits {
            let rating = rating(edit)
            #expect(rating.thousandths == nil)
            #expect(rating.classes.map(\.thousandths) == [nil, 1_000, 1_000])
            #expect(rating.classes[0].missing == ["cpu.fp64.all"])
        }
    }

    @Test("the order of two machines does not depend on the reference")
    func order() {
        var other = ReferenceTable.v1
        for index in other.classes.indices {
            for figure in other.classes[index].figures.indices {
                other.classes[index].figures[figure].reference /= UInt64(figure + 2)
            }
        }
        let machines = (1...6).map { seed in
            Self.reference.enumerated().map { index, fact in
                var fact = fact
                fact.value = fact.value / 7 * UInt64((index * seed * 5 + seed) % 23 + 1)
                return fact
            }
        }
        func ranked(by table: ReferenceTable) -> [Int] {
            machines.indices.sorted {
                ComputeHourRating(machines[$0], by: table).thousandths ?? 0
                    < ComputeHourRating(machines[$1], by: table).thousandths ?? 0
            }
        }
        #expect(ranked(by: .v1) == ranked(by: other))
    }

    static let numbers: [UInt64] = [1, 2, 3, 10, 999, 1 << 33, 1 << 62, (1 << 63) + 5, .max]

    @Test(
        "logarithms and powers agree with the C library's",
        arguments: numbers)
    func logarithms(number: UInt64) throws {
        let found = try #require(BinaryLogarithm.of(number))
        #expect(abs(Double(found) / 4_294_967_296 - log2(Double(number))) < 1e-9)
        let logarithm = found % (20 << 32) - (3 << 32)
        let expected = pow(2, Double(logarithm) / 4_294_967_296) * 1_000
        #expect(abs(Double(BinaryLogarithm.power(logarithm, scale: 1_000)) - expected) <= max(0.5, expected * 1e-9))
    }

    @Test("powers at the borders: 0 below every thousandth, the largest number above all")
    func borders() {
        #expect(BinaryLogarithm.of(0) == nil)
        #expect(BinaryLogarithm.power(-64 << 32, scale: 1_000) == 0)
        #expect(BinaryLogarithm.power(64 << 32, scale: 1_000) == .max)
        #expect(BinaryLogarithm.power(-1 << 32, scale: 1_000) == 500)
    }

    @Test("the published file is this very table, and its digest is the one in offers")
    func file() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "\(root)/Config/compute-hour-v1.json"
        let data = try Data(contentsOf: URL(filePath: path))
        #expect(try JSONDecoder().decode(ReferenceTable.self, from: data) == .v1)
        #expect(try ChildProcess("sha256sum", [path]).run().hasPrefix("\(ReferenceTable.v1Digest)".dropFirst(2)))
    }
}
