import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXRelay

/// A relay that is paid, a machine that pays, and a ledger in a file.
final class TollStage: Sendable {
    let world: TestWorld
    let ledger: SQLiteLedger
    let folder: TemporaryDirectory
    let machine = PrivateKey.generate()
    private let heard = Mutex<[String]>([])
    /// What relays say went wrong.
    var faults: [String] { heard.withLock { $0 } }
    /// One unit a byte.
    static let price = Amount(1 << 30)
    static let credit: UInt64 = 1 << 20
    static let purse = Amount(64 << 20)

    init() async throws {
        let world = try TestWorld()
        self.world = world
        folder = try TemporaryDirectory("gcx-toll")
        ledger = try SQLiteLedger(
            path: folder.path + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
            founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
        try await ledger.post(.faucet(world.faucet(machine.address, Self.purse)))
    }

    func house(_ change: (inout TollHouse.Settings) -> Void = { _ in }) -> TollHouse {
        var settings = TollHouse.Settings(price: Self.price, places: 4, folder: folder.path + "/relay")
        (settings.creditBytes, settings.look, settings.clockSeconds) = (Self.credit, .milliseconds(5), 0)
        change(&settings)
        return TollHouse(settings, key: MemoryCustody(world.machine), grant: world.grant(), ledger: ledger) { [self] in
            let words = $0
            heard.withLock { $0.append(words) }
        }
    }

    func leases() async throws -> [LeaseRecord] { await ledger.leases(of: machine.address) }

    func balance(of account: Address) async throws -> Amount { await ledger.account(account).balance }

    func payer(most: Amount = price, key: (any KeyCustody)? = nil) -> TollPayer {
        TollPayer(
            relay: world.machine.address, priceMax: most, key: key ?? MemoryCustody(machine), ledger: ledger,
            folder: folder.path + "/machine")
    }
}

/// What the relay says, in order.
final class Said: Sendable {
    private let lines = Mutex<[TollLine]>([])
    func add(_ line: TollLine) { lines.withLock { $0.append(line) } }
    func next() -> TollLine? { lines.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}
