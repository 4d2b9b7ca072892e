import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

/// Control characters in every text of a document that is signed: they would reach the terminals of everybody who reads it.
enum SentTexts {
    /// Sets a window's title, clears the screen, writes from right to left.
    static let escapes = "\u{1B}]0;gcx-evil\u{7}\u{1B}[2J\u{9B}31m\u{202E}"
    private static let text = Untrusted(escapes)
    private static let door = "documents without control characters"

    static let all =
        [
            demand("in a demand's region") { $0.regions = [text] },
            demand("in a demand's constraint") {
                $0.constraints = [Constraint(fact: text, minimum: 0, maximum: 1, levelMin: .measured)]
            },
            demand("as a line end in a demand's region") { $0.regions = ["a\nb"] },
            demand("as a zero byte in a demand's region") { $0.regions = ["a\0b"] },
            demand("as DEL in a demand's region") { $0.regions = ["a\u{7F}b"] },
            market("in a grant's label") { $0.grant.label = text },
            market("in an offer's region") { $0.offer.region = text },
            market("in the name of an offer's fact") { $0.offer.facts = [fact(text, "flop/s")] },
            market("in the unit of an offer's fact") { $0.offer.facts = [fact("cpu", "\u{1B}[2J")] },
            market("in the kernel's version of a record") { $0.record.kernelVersion = text },
            market("in the name of a record's fact") { $0.record.facts = [fact(text, "B/s")] },
            market("in a record's contradictions") { $0.record.contradictions = [text] },
            Sending(.documents, "control characters in a rating's comment", by: door, .refused([400])) { ground in
                let record = try ground.read(
                    LeaseRecord.self, ground.ask(ground.ledger, HTTPText.request("GET", "/v1/leases/\(ground.ended)")))
                let rating = Rating(
                    lease: ground.ended, rater: ground.buyer.address, ratee: record.terms.payee, stars: 5,
                    comment: text, ratedAt: ground.now)
                return Answer(try ground.post(.rating(Signed(rating, by: ground.buyer, in: ground.domain))))
            },
            Sending(.documents, "control characters in a withdrawal's reason", by: door, .refused([400])) { ground in
                let demand = ground.demand()
                _ = try ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain)))
                let taken = Withdrawal(subject: demand.digest(in: ground.domain), reason: text, issuedAt: ground.now)
                return Answer(try ground.post(.withdrawal(Signed(taken, by: ground.buyer, in: ground.domain))))
            },
        ] + jobs

    private static func fact(_ name: Untrusted, _ unit: Untrusted) -> Fact {
        Fact(name: name, value: 1, unit: unit, level: .measured, measuredAt: 1)
    }

    private static func demand(_ place: String, _ edit: @escaping @Sendable (inout Demand) -> Void) -> Sending {
        Sending(.documents, "control characters \(place)", by: door, .refused([400])) { ground in
            Answer(try ground.post(.demand(Signed(ground.demand(edit), by: ground.buyer, in: ground.domain))))
        }
    }

    /// What an owner and a machine publish: their documents, before they are signed.
    struct Market {
        var grant: MachineGrant
        var record: AttestationRecord
        var offer: Offer
    }

    /// An owner and a machine of the stranger's own: anybody can be both.
    private static func market(_ place: String, _ edit: @escaping @Sendable (inout Market) -> Void) -> Sending {
        Sending(.documents, "control characters \(place)", by: door, .refused([400])) { ground in
            let (owner, machine) = (PrivateKey.generate(), PrivateKey.generate())
            var market = plain(owner.address, machine.address, ground.now)
            edit(&market)
            let grant = Signed(market.grant, by: owner, in: ground.domain)
            let first = try ground.post(.grant(grant))
            guard first.isSuccess else { return Answer(first) }
            let record = Signed(market.record, by: machine, in: ground.domain)
            let second = try ground.post(.attestation(record))
            guard second.isSuccess else { return Answer(second) }
            market.offer.grant = grant.digest(in: ground.domain)
            market.offer.attestation = record.digest(in: ground.domain)
            return Answer(try ground.post(.offer(Signed(market.offer, by: machine, in: ground.domain))))
        }
    }

    static func plain(_ owner: Address, _ machine: Address, _ now: UInt64) -> Market {
        let rates = Rates(
            leaseHour: 1, coreHour: 1, memoryGiBHour: 1, gpuHour: 0, storageGiBHour: 1, egressGiB: 1)
        return Market(
            grant: MachineGrant(
                owner: owner, machine: machine, label: "", issuedAt: now, expiresAt: now + 86_400, nonce: .random()),
            record: AttestationRecord(
                machine: machine, inventory: .random(), measuredAt: now, kernelVersion: "1", facts: [],
                contradictions: [], referenceTable: .zero, samples: .random()),
            offer: Offer(
                offerID: .random(), revision: 1, owner: owner, machine: machine, grant: .zero, issuedAt: now,
                expiresAt: now + 7_200, availableFrom: now - 60, availableUntil: now + 86_400, leaseSecondsMin: 1,
                leaseSecondsMax: 86_400, receiptSeconds: 5, graceSeconds: 30, closeWindowSeconds: 10, creditLimit: 100,
                region: "", isolation: .container,
                capacity: Resources(cores: 1_000_000, memoryBytes: 1 << 50, storageBytes: 1 << 50, gpus: 0),
                rates: rates, facts: [], attestation: .zero, referenceTable: .zero, allow: [], deny: []))
    }

    /// To the agent: what a buyer names is shown to the owner.
    private static let jobs = [
        job("in the reference of an image") { $0.imageReference = text },
        job("in the working directory of a job") { $0.workingDirectory = "/\(escapes)" },
        job("in the address of an input") {
            $0.input = JobInput(digest: String(repeating: "0", count: 64), url: "https://\(escapes)/")
        },
    ]

    /// Refused, or shown so that a terminal does not obey it.
    private static func job(_ place: String, _ edit: @escaping @Sendable (inout JobRequest) -> Void) -> Sending {
        Sending(.documents, "control characters \(place)", by: "one door to the terminal", .answered) { ground in
            let lease = try ground.openLease()
            _ = try ground.put(.image, lease, Ground.rootfs)
            var job = Ground.job("echo ran")
            edit(&job)
            let reply = try ground.call("POST", "/v1/leases/\(lease)/job", body: Array(try Ground.json(job)))
            guard reply.isSuccess else { return Answer(reply) }
            let isEnded = try ground.settle(lease)
            var wrong = isEnded ? [] : ["the lease does not end"]
            for command in [["job", "inspect", "\(lease)"], ["job", "events", "\(lease)"], ["job", "list"]] {
                let shown = try ground.client(ClientRun(command + ground.keyOptions, isOnTerminal: true))
                if SentTexts.isObeyed(shown.text) { wrong.append("gcx \(command[1]) shows it raw") }
            }
            return Answer(reply.status, reply.body, wrong: wrong)
        }
    }

    /// Whether a control sequence of the case's stands in what a terminal got.
    static func isObeyed(_ text: String) -> Bool {
        ["\u{1B}]0;", "\u{1B}[2J", "\u{9B}", "\u{202E}"].contains { text.contains($0) }
    }
}
