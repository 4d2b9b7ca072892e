import Foundation
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXRelay

/// A key that signs nothing for a while.
private final class WaitingKey: KeyCustody {
    private let key: PrivateKey
    let waits = Mutex(false)
    var address: Address { key.address }

    init(_ key: PrivateKey) { self.key = key }

    func sign(_ digest: Digest) async throws(SigningError) -> Signature {
        while waits.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
        return key.sign(digest)
    }
}

@Suite("Paid for through a relay", .serialized, .timeLimit(.minutes(2))) struct TollThroughRelayTests {
    /// A relay that is paid, with a link to it that pays, for as long as `body` takes.
    private func serving(
        _ stage: TollStage, key: any KeyCustody, most: Amount = TollStage.price,
        _ body: (TollHouse, RunningRelay, RunningLink) async throws -> Void
    ) async throws {
        let house = stage.house()
        let (relay, origin) = (try await RunningRelay { $0.toll = house }, try Origin.echo())
        let keeping = Task { try await house.run() }
        let payer = stage.payer(most: most, key: key)
        let link = try RunningLink(to: [relay.address], serving: origin.port, key: stage.machine) {
            $0.payer = { _ in payer }
        }
        await link.connected()
        try await body(house, relay, link)
        await link.stop()
        await relay.stop()
        keeping.cancel()
        try await keeping.value
    }

    private func until(_ holds: () async throws -> Bool) async throws {
        for _ in 0..<2_000 {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it never came to that")
    }

    @Test("bytes stand still while nobody vouches for them, and go on with the voucher; in the end they are paid for")
    func echo() async throws {
        let stage = try await TollStage()
        let key = WaitingKey(stage.machine)
        try await serving(stage, key: key) { house, relay, link in
            let machine = stage.machine.address
            try await until { house.isOpen(machine) }
            key.waits.withLock { $0 = true }
            let (port, count) = (relay.port, 8 << 20)
            let hello = HelloBytes(name: link.name, protocols: []).records()
            let got = Mutex(0)
            async let answer: Void = onThread {
                let buyer = try RawConnection(to: port)
                defer { buyer.close() }
                Thread.detachNewThread {
                    buyer.write(hello + [UInt8](repeating: 7, count: count))
                    buyer.endOutput()
                }
                while true {
                    let more = buyer.read(65_536)
                    if more.isEmpty { return }
                    got.withLock { $0 += more.count }
                }
            }
            try await until { !house.isOpen(machine) }
            try await Task.sleep(for: .milliseconds(300))
            let passed = try #require(house.state.withLock { $0.accounts[machine]?.bytes })
            #expect(passed > TollStage.credit && passed < 8 << 20, "\(passed)")
            #expect(got.withLock { $0 } < count)
            key.waits.withLock { $0 = false }
            try await answer
            #expect(got.withLock { $0 } == count + hello.count)
            try await until {
                let account = house.state.withLock { $0.accounts[machine] }
                return account.map { !$0.awaitsVoucher && $0.unwritten < TollStage.credit / 16 } ?? false
            }
        }
        let lease = try #require(try await stage.leases().first)
        // A sixteenth of a credit may be in no receipt yet.
        #expect(lease.settled.value > UInt128(16 << 20) - UInt128(TollStage.credit / 16), "\(lease.settled)")
        #expect(lease.settled.value <= UInt128(16 << 20) + 1_024)
    }

    @Test("a machine whose owner pays less hangs up, and says why")
    func tooDear() async throws {
        let stage = try await TollStage()
        try await serving(stage, key: MemoryCustody(stage.machine), most: .zero) { _, relay, link in
            let failed = await link.events.first { if case .failed = $0 { true } else { false } }
            guard case .failed(_, .tooDear(TollStage.price, .zero)) = failed else {
                Issue.record("\(String(describing: failed))")
                return
            }
        }
        #expect(try await stage.leases().isEmpty)
    }
}
