import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

/// A folder that goes when the test is over.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "gcx-ledger-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var ledger: String { path + "/ledger.sqlite" }
}

func openLedger(
    _ folder: Folder, _ world: TestWorld, isTestNetwork: Bool = true
) throws(LedgerError) -> SQLiteLedger {
    let clock = world.clock
    return try SQLiteLedger(
        path: folder.ledger, operatorKey: world.operator, isTestNetwork: isTestNetwork,
        founding: world.charter.founding ?? .zero, boot: { clock.boot }, now: { clock.now })
}

@Suite("the embedded ledger")
struct SQLiteLedgerTests {
    @Test("it conforms when it is no test network", arguments: LedgerConformance.privateScenarios)
    func conformsInPrivate(_ scenario: LedgerScenario) async throws {
        let (folder, world) = (try Folder(), try TestWorld(isTestNetwork: false))
        let ledger = try openLedger(folder, world, isTestNetwork: false)
        try await scenario.run(LedgerBench(ledger: ledger, world: world))
        let money = await ledger.conservation()
        #expect(money.isKept && money.minted == 0, "\(money)")
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
        #expect(report.money == money)
    }

    @Test("it conforms", arguments: LedgerConformance.scenarios + LedgerConformance.transparentScenarios)
    func conforms(_ scenario: LedgerScenario) async throws {
        let (folder, world) = (try Folder(), try TestWorld())
        let ledger = try openLedger(folder, world)
        try await scenario.run(LedgerBench(ledger: ledger, world: world))
        let money = await ledger.conservation()
        #expect(money.isKept, "\(money)")
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
    }
}
