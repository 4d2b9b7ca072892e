import Foundation
import GCXAgent
import GCXLedger
import GCXLinux
import GCXMarket
import GCXModel
import GCXSigning
import GCXWire
import Senders
import Testing

extension WholeLeases {
    /// A buyer with a client of his own, who wants work for nothing.
    @Suite("Contracts when the buyer means ill")
    struct IllBuyerTests {
        @Test("terms under which honest vouchers would be worth nothing are refused with what to change")
        func terms() throws {
            let site = try SenderSite()
            let ground = site.ground
            for (word, edit) in [
                ("burst of", { $0.burst = 0 }), ("hourly cap of", { $0.hourlyCap = 1 }),
                ("deposit of", { $0.deposit = 1 }), ("creditLimit", { $0.creditLimit = Amount(.max) }),
            ] as [(String, (inout LeaseTerms) -> Void)] {
                let demand = ground.demand()
                _ = try ground.read(
                    PostReceipt.self, ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain))))
                let reply = try ground.propose(ground.terms(for: demand, edit))
                #expect(!reply.isSuccess && reply.body.contains(word), "\(reply.body)")
            }
            withExtendedLifetime(site) {}
        }

        @Test("one account does not reserve a machine again and again with the same money")
        func proposals() throws {
            let site = try SenderSite()
            let ground = site.ground
            var replies: [Reply] = []
            for _ in 0..<AgentLimits.proposalsPerPayerMax + 1 {
                let demand = ground.demand {
                    $0.resources = Resources(cores: 1, memoryBytes: 64 << 20, storageBytes: 16 << 20, gpus: 0)
                }
                _ = try ground.read(
                    PostReceipt.self, ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain))))
                replies.append(try ground.propose(ground.terms(for: demand)))
            }
            #expect(replies.first?.isSuccess == true)
            #expect(replies.last?.isSuccess == false)
            withExtendedLifetime(site) {}
        }

        @Test("the whole machine is leased again at once when a job has ended, and a taken one is said to be taken")
        func again() throws {
            let site = try Site()
            try site.open()
            let offer = try #require(try site.json([OfferRecord].self, "offer", "list").first?.document)
            var leases: [String] = []
            for _ in 0..<2 {
                let demand = try site.demand(cores: "\(offer.capacity.cores)")
                let opened = try site.outcome(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
                #expect(opened.status == .exited(0), "\(opened.errorLine)")
                leases.append(try #require(opened.text.split(separator: "\n").first.map(String.init)))
                let ran = try site.outcome(site.running("true", on: leases.last ?? ""))
                #expect(ran.status == .exited(0), "\(ran.errorLine)")
            }
            _ = try site.lease()
            let demand = try site.demand(cores: "\(offer.capacity.cores)")
            let taken = try site.outcome(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            #expect(taken.status != .exited(0) && taken.errorLine.contains("no offer serves the demand"))
            #expect(String(decoding: taken.error, as: UTF8.self).contains("Try again in"), "\(taken.errorLine)")
        }

        @Test("who vouches for all that is metered, and asks to close in that moment, pays for it")
        func close() throws {
            let site = try SenderSite()
            let ground = site.ground
            let lease = try ground.openLease()
            _ = try ground.read(UploadReceiptProbe.self, ground.put(.image, lease, Ground.rootfs))
            let job = Ground.job("while :; do :; done")
            let started = try ground.call("POST", "/v1/leases/\(lease)/job", body: Array(try Ground.json(job)))
            #expect(started.isSuccess, "\(started.body)")
            var vouched = Amount.zero
            let deadline = BootClock.now() + 8_000_000_000
            while BootClock.now() < deadline, vouched < 30_000 {
                let path = "/v1/leases/\(lease)/receipts"
                let receipts = try ground.read([Signed<Receipt>].self, ground.call("GET", path))
                if let last = receipts.last, last.document.amount > vouched, try ground.vouch(for: last).isSuccess {
                    vouched = last.document.amount
                }
                pause(for: .milliseconds(100))
            }
            #expect(vouched > .zero)
            let request = CloseRequest(channel: lease, requester: ground.buyer.address, requestedAt: ground.now)
            let signed = Signed(request, by: ground.buyer, in: ground.domain)
            _ = try ground.read(PostReceipt.self, ground.post(.closeRequest(signed)))
            try site.site.wait("the lease's end", seconds: 30) {
                try ground.onLedger(lease).escrow.isClosed
            }
            let settled = try ground.onLedger(lease).settled
            #expect(settled >= vouched, "\(settled) of \(vouched)")
        }
    }
}

extension WaitingLeases {
    /// Work is delivered on credit, and the credit is small.
    @Suite("A buyer who never vouches")
    struct UnvouchedTests {
        /// With what an owner gets who sets nothing: a receipt every ten seconds, a credit of three, a minute of grace.
        @Test("with the defaults, a job that nobody vouches for is paused at the credit, then ended; no more is lost")
        func defaults() async throws {
            let settings = ["offer.memory_reserved_bytes": "268435456", "offer.storage_bytes": "268435456"]
            let site = try Site(settings, byDefault: "offer.")
            try site.open(funds: "100000000000")
            let lease = try site.lease(seconds: "600", budget: "100000000")
            let terms = try site.report(lease).terms
            let command = site.running("while :; do :; done", on: lease, limit: "600")
            let buyer = try site.spawn(command, log: "\(lease).out")
            try await site.waitAside("the job", seconds: 30) { try site.inspect(lease).phase == .running }
            site.abandon(buyer)
            // The credit is half a minute of a processor, of which others may have their share.
            try await site.waitAside("the pause", seconds: 180) { try site.inspect(lease).phase == .paused }
            #expect(try site.gcx("agent", "status").contains("at risk"))
            try await site.waitAside("the end", seconds: 90) { try site.inspect(lease).exit != nil }
            let job = try site.inspect(lease)
            #expect(job.exit == .budget && job.vouched == .zero)
            // What one look at the meter lets through, and what standing still costs, comes on top of the credit.
            let more = try LeaseMoney(terms).period
            #expect(job.amount > terms.creditLimit)
            #expect(job.amount <= terms.creditLimit.adding(more) ?? .zero, "\(job.amount) of \(terms.creditLimit)")
            _ = try site.outcome(["lease", "close"] + site.signing("buyer") + [lease])
            try await site.waitAside("the refund", seconds: 30) { try site.account("buyer").escrowed == .zero }
        }
    }
}

/// Any answer.
private struct UploadReceiptProbe: Decodable {}

extension Ground {
    fileprivate func propose(_ terms: LeaseTerms) throws -> Reply {
        let proposal = LeaseProposal(terms: terms, payerSignature: buyer.sign(terms.digest(in: domain)))
        return try ask(agent, HTTPText.request("POST", "/v1/leases", body: Array(try Self.json(proposal))))
    }

    fileprivate func onLedger(_ lease: LeaseID) throws -> LeaseRecord {
        try read(LeaseRecord.self, ask(ledger, HTTPText.request("GET", "/v1/leases/\(lease)")))
    }
}
