import GCXLinux
import GCXModel
import GCXSigning
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXClient
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct BuyerRestartTests {
    let lease = SampleLease()

    @Test("a voucher is in the journal before it leaves")
    func journalFirst() async throws {
        try await withScratch { directory in
            let journal = FileBuyerJournal(directory + "/journal.json")
            let onDisk = Mutex<[Bool]>([])
            let agent = ScriptedAgent(lease, .init(receipts: lease.receipts(2, final: true))) { voucher in
                let record = (try? journal.load()) ?? nil
                onDisk.withLock { $0.append(record?.voucher == voucher && record?.receipt != nil) }
            }
            _ = try await Buying(lease, agent, in: directory).run()
            #expect(onDisk.withLock { $0 } == [true])
        }
    }

    @Test("a buyer that died before its voucher left sends that very voucher first")
    func resends() async throws {
        try await withScratch { directory in
            let receipts = lease.receipts(3, final: true)
            let agent = ScriptedAgent(lease, .init(receipts: receipts))
            let buying = Buying(lease, agent, in: directory)
            let voucher = Signed(
                Voucher(channel: lease.id, cumulative: 30, receipt: receipts[0].digest(in: lease.domain)),
                by: lease.session, in: lease.domain)
            try buying.journal.save(BuyerRecord(lease: lease.id, receipt: receipts[0], voucher: voucher))
            _ = try await buying.run()
            #expect(agent.state.withLock { $0.vouchers.first } == voucher)
            #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == [30, 90])
            #expect(buying.accepted == [2, 3])
        }
    }

    @Test("a buyer that comes back goes on where it was, and takes no other chain")
    func comesBack() async throws {
        try await withScratch { directory in
            let receipts = lease.receipts(4, final: true)
            let agent = ScriptedAgent(lease, .init(receipts: Array(receipts.prefix(2))))
            let first = Buying(lease, agent, in: directory)
            let session = Task { try await first.run() }
            while agent.state.withLock({ $0.vouchers.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            session.cancel()
            await #expect(throws: BuyerError.cancelled) { try await session.value }
            // The provider tells another story from the beginning: the third receipt does not follow on ours.
            agent.state.withLock { $0.receipts = lease.receipts(3) }
            await #expect(throws: BuyerError.self) { try await Buying(lease, agent, in: directory).run() }
            #expect(agent.state.withLock { $0.vouchers.allSatisfy { $0.document.cumulative == 60 } })
            agent.state.withLock { $0.receipts = receipts }
            let last = Buying(lease, agent, in: directory)
            _ = try await last.run()
            #expect(last.accepted == [3, 4])
            #expect(agent.state.withLock { $0.vouchers.last?.document.cumulative } == 120)
        }
    }

    @Test("an agent that goes away and comes back is met again, without a receipt lost or answered twice")
    func agentRestarts() async throws {
        try await withScratch { directory in
            let receipts = lease.receipts(4, final: true)
            let agent = ScriptedAgent(lease, .init(receipts: Array(receipts.prefix(2))))
            let endpoint = Endpoint.unix(path: directory + "/agent.sock")
            let buying = Buying(lease, AgentClient(endpoint), in: directory)
            let status = Task { try await buying.run() }
            try await withAgentServer(agent, at: endpoint) { _, _ in
                while agent.state.withLock({ $0.vouchers.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            // Nobody answers for a while.
            try await Task.sleep(for: .milliseconds(300))
            agent.state.withLock { $0.receipts = receipts }
            try await withAgentServer(agent, at: endpoint) { _, _ in _ = try await status.value }
            #expect(buying.accepted == [1, 2, 3, 4])
            #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == [60, 120])
            #expect(buying.events.withLock { $0.contains { if case .agentSilent = $0 { true } else { false } } })
        }
    }

    @Test("patience with a silent agent ends, and names what was last heard")
    func patience() async throws {
        try await withScratch { directory in
            let client = AgentClient(.unix(path: directory + "/nobody.sock"))
            let error = await #expect(throws: BuyerError.self) {
                try await Buying(lease, client, in: directory).run(patience: .milliseconds(400))
            }
            guard case .agentSilent(let time, .unreachable(let why)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(time >= .milliseconds(400) && time < .seconds(20))
            #expect(why.contains("there is no such socket") && why.contains("nobody.sock"))
        }
    }

    @Test("an error that trying again does not mend ends the session at once")
    func fatal() async throws {
        try await withScratch { directory in
            let agent = ScriptedAgent(lease, .init(failure: .notAllowed("who are you")))
            await #expect(throws: BuyerError.agent(.notAllowed("who are you"))) {
                try await Buying(lease, agent, in: directory).run()
            }
        }
    }

    @Test("a journal of another lease or with a broken byte is refused and nothing is sent")
    func journals() async throws {
        try await withScratch { directory in
            let agent = ScriptedAgent(lease, .init(receipts: lease.receipts(1)))
            let buying = Buying(lease, agent, in: directory)
            let other = LeaseID.random()
            try buying.journal.save(BuyerRecord(lease: other))
            await #expect(throws: BuyerError.journalOfAnotherLease(directory + "/journal.json", found: other)) {
                try await buying.run()
            }
            try DurableFile.write(Array("{\"lease\": 1}".utf8), to: directory + "/journal.json")
            let error = await #expect(throws: BuyerError.self) { try await buying.run() }
            #expect(error?.description.contains("journal.json") == true)
            #expect(agent.state.withLock { $0.callers.isEmpty && $0.vouchers.isEmpty })
        }
    }
}
