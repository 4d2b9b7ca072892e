import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// Documents handed to the ledger and the agent: JSON in disguise, numbers at their ends, signatures that prove nothing.
enum SentDocuments {
    static let all = disguises + shapes + numbers + signatures + market

    /// The honest text of a signed demand, changed.
    private static func demand(
        _ sends: String, by stoppedBy: String, _ expected: Expected, _ edit: @escaping @Sendable (String) -> [UInt8]
    ) -> Sending {
        Sending(.documents, sends, by: stoppedBy, expected) { ground in
            let entry = Entry.demand(Signed(ground.demand(), by: ground.buyer, in: ground.domain))
            return Answer(try ground.post(edit(try Ground.text(entry))))
        }
    }

    private static func demand(
        _ sends: String, by stoppedBy: String, _ expected: Expected = .refused([400, 422]), replace old: String,
        with new: String
    ) -> Sending {
        demand(sends, by: stoppedBy, expected) { Array($0.replacing(old, with: new).utf8) }
    }

    private static let integers = "integers as they are written"
    private static let seconds = "\"durationSeconds\":600"

    private static let disguises = [
        demand("a number that is nearly whole", by: integers, replace: seconds, with: "\(seconds).0000000000000001"),
        demand("a whole number with a point", by: integers, replace: seconds, with: "\(seconds).0"),
        demand("a number with an exponent", by: integers, replace: seconds, with: "\"durationSeconds\":6e2"),
        demand("a number in a text", by: integers, replace: seconds, with: "\"durationSeconds\":\"600\""),
        demand("a number with a zero before it", by: integers, replace: seconds, with: "\"durationSeconds\":0600"),
        demand("a negative number", by: integers, replace: seconds, with: "\"durationSeconds\":-600"),
        demand("minus zero", by: integers, replace: "\"gpus\":0", with: "\"gpus\":-0"),
        demand("2^64", by: integers, replace: seconds, with: "\"durationSeconds\":18446744073709551616"),
        demand("null for a number", by: integers, replace: seconds, with: "\"durationSeconds\":null"),
        demand("an amount below zero", by: "amounts", replace: "\"3000000\"", with: "\"-1\""),
        demand(
            "an amount of 2^128", by: "amounts", replace: "\"3000000\"",
            with: "\"340282366920938463463374607431768211456\""),
        demand("an amount with a sign before it", by: "amounts", replace: "\"3000000\"", with: "\"+3000000\""),
        demand("an amount that is a number", by: "amounts", replace: "\"3000000\"", with: "3000000"),
        demand(
            "a member twice", by: "members that are there once", replace: seconds,
            with: "\(seconds),\"durationSeconds\":1"),
        demand(
            "a member twice, written differently", by: "members that are there once", replace: seconds,
            with: "\(seconds),\"\\u0064urationSeconds\":1"),
        demand(
            "a member that nobody knows", by: "members that are known", replace: seconds, with: "\(seconds),\"note\":1"),
        demand("a document in UTF-16", by: "documents that are UTF-8", .refused([400, 422])) { text in
            [0xFE, 0xFF] + text.utf8.flatMap { [0, $0] }
        },
        demand("a document in UTF-16 without a mark", by: "documents that are UTF-8", .refused([400, 422])) { text in
            text.utf8.flatMap { [$0, 0] }
        },
        demand("a document after a byte order mark", by: "documents that are UTF-8", .refused([400, 422])) {
            [0xEF, 0xBB, 0xBF] + $0.utf8
        },
        demand("bytes that are no text", by: "documents that are UTF-8", .refused([400, 422])) { text in
            Array(text.utf8).flatMap { $0 == UInt8(ascii: "6") ? [0xC0, 0x80] : [$0] }
        },
        demand("a document with something after it", by: "the decoder", .refused([400, 422])) {
            Array($0.utf8) + Array("{}".utf8)
        },
        demand("a document with a zero byte after it", by: "the decoder", .refused([400, 422])) {
            Array($0.utf8) + [0]
        },
    ]

    private static func bytes(_ sends: String, by stoppedBy: String, _ text: @escaping @Sendable () -> String)
        -> Sending
    {
        Sending(.documents, sends, by: stoppedBy, .refused([400, 413, 422])) { Answer(try $0.post(text())) }
    }

    private static let shapes = [
        bytes("nothing", by: "the decoder") { " " },
        bytes("null", by: "the decoder") { "null" },
        bytes("a list", by: "the decoder") { "[]" },
        bytes("an entry of a kind that nobody knows", by: "the decoder") { #"{"kind":"money","body":{}}"# },
        bytes("an entry of another kind than its body", by: "the decoder") {
            #"{"kind":"finalize","body":{"lease":1}}"#
        },
        bytes("100,000 brackets", by: "the depth of JSON") { String(repeating: "[", count: 100_000) },
        bytes("a document 100,000 deep", by: "the depth of JSON") {
            #"{"kind":"demand","body":"# + String(repeating: "{\"a\":", count: 100_000) + "1"
                + String(repeating: "}", count: 100_001)
        },
        bytes("a number of 500,000 digits", by: "the decoder") {
            #"{"kind":"# + String(repeating: "9", count: 500_000) + "}"
        },
        bytes("a text of 2 MiB", by: "the size of an entry") { "\"" + String(repeating: "x", count: 2 << 20) + "\"" },
        bytes("100,000 members", by: "members that are known") {
            "{" + (0..<60_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        },
    ]

    /// Signed by its buyer as it is.
    private static func signed(
        _ sends: String, by stoppedBy: String, _ expected: Expected, _ edit: @escaping @Sendable (inout Demand) -> Void
    ) -> Sending {
        Sending(.documents, sends, by: stoppedBy, expected) { ground in
            Answer(try ground.post(.demand(Signed(ground.demand(edit), by: ground.buyer, in: ground.domain))))
        }
    }

    private static let checked = "checked arithmetic"

    private static let numbers = [
        signed("a demand whose times are all the last there is", by: checked, .answered) {
            ($0.issuedAt, $0.expiresAt, $0.startsFrom, $0.startsUntil) = (.max, .max, .max, .max)
        },
        signed("a demand for the longest time there is", by: checked, .answered) {
            ($0.durationSeconds, $0.startsUntil, $0.expiresAt) = (.max, .max, .max)
        },
        signed("a demand for everything there is", by: checked, .answered) {
            $0.resources = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
            ($0.hourlyMax, $0.budget) = (.max, .max)
        },
        signed("a demand of the last revision", by: "the largest revision", .refused([400, 409])) {
            $0.revision = .max
        },
        signed("a demand that has expired", by: "the ledger's clock", .answered) { $0.expiresAt = $0.issuedAt - 1 },
        signed("a demand from the future", by: "the ledger's clock", .refused([400])) { $0.issuedAt += 1 << 40 },
        Sending(.documents, "a voucher for all the money there is", by: "the deposit", .refused([400, 403, 409])) {
            ground in
            let voucher = Voucher(channel: ground.ended, cumulative: .max, receipt: .random())
            return Answer(try ground.post(.claim(Signed(voucher, by: ground.buyer, in: ground.domain))))
        },
        Sending(
            .documents, "a voucher for all the money there is, to the agent", by: "the receipts", .refused([409, 422])
        ) { ground in
            let lease = try ground.openLease()
            let voucher = Voucher(channel: lease, cumulative: .max, receipt: .random())
            let body = Array(try Ground.json(Signed(voucher, by: ground.buyer, in: ground.domain)))
            return Answer(
                try ground.ask(ground.agent, HTTPText.request("POST", "/v1/leases/\(lease)/vouchers", body: body)))
        },
        Sending(.documents, "a deposit raised to all the money there is", by: "the account", .refused([400, 403, 409]))
        { ground in
            let topUp = TopUp(channel: ground.ended, deposit: .max)
            return Answer(try ground.post(.topUp(Signed(topUp, by: ground.buyer, in: ground.domain))))
        },
        terms("terms that end at the last second there is", by: checked) { $0.endsAt = .max },
        terms("terms that begin at the last second there is", by: checked) {
            ($0.startsAt, $0.endsAt) = (.max - 1, .max)
        },
        terms("terms for everything there is", by: checked) {
            $0.resources = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
            ($0.deposit, $0.burst, $0.hourlyCap, $0.creditLimit) = (.max, .max, .max, .max)
        },
        terms("terms whose spans are the longest there are", by: checked) {
            ($0.closeWindowSeconds, $0.receiptSeconds, $0.graceSeconds) = (.max, .max, .max)
        },
        terms("terms of rates that cannot be multiplied", by: checked) {
            $0.rates = Rates(
                leaseHour: .max, coreHour: .max, memoryGiBHour: .max, gpuHour: .max, storageGiBHour: .max,
                egressGiB: .max)
        },
    ]

    private static func terms(
        _ sends: String, by stoppedBy: String, _ edit: @escaping @Sendable (inout LeaseTerms) -> Void
    ) -> Sending {
        Sending(.documents, sends, by: stoppedBy, .refused([400, 409, 422])) { ground in
            let demand = ground.demand()
            _ = try ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain)))
            let terms = try ground.terms(for: demand, edit)
            let proposal = LeaseProposal(
                terms: terms, payerSignature: ground.buyer.sign(terms.digest(in: ground.domain)))
            let body = Array(try Ground.json(proposal))
            return Answer(try ground.ask(ground.agent, HTTPText.request("POST", "/v1/leases", body: body)))
        }
    }

    private static let signatures = [
        Sending(.documents, "a document signed for another ledger", by: "the domain", .refused([403])) { ground in
            let other = EIP712Domain(chainId: 1, verifyingContract: ground.domain.verifyingContract)
            return Answer(try ground.post(.demand(Signed(ground.demand(), by: ground.buyer, in: other))))
        },
        Sending(.documents, "a document in another's name", by: "the signature", .refused([403])) { ground in
            let other = Signed(ground.demand(), by: PrivateKey.generate(), in: ground.domain)
            return Answer(try ground.post(.demand(other)))
        },
        Sending(.documents, "a signature with its s in the upper half", by: "the lower half", .refused([400, 403])) {
            ground in
            let demand = ground.demand()
            let low = Signed(demand, by: ground.buyer, in: ground.domain).signature
            return Answer(try ground.post(.demand(Signed(document: demand, signature: mirrored(low)))))
        },
        Sending(.documents, "a signature of zeros", by: "the signature", .refused([400, 403])) { ground in
            Answer(try ground.post(.demand(Signed(document: ground.demand(), signature: .zero))))
        },
        Sending(.documents, "the same document again", by: "entries that are there once", .taken) { ground in
            let entry = Entry.demand(Signed(ground.demand(), by: ground.buyer, in: ground.domain))
            _ = try ground.post(entry)
            let again = try ground.post(entry)
            return Answer(
                again.status, again.body, wrong: again.body.contains("\"duplicate\":true") ? [] : ["taken twice"])
        },
        Sending(
            .documents, "the same document with its signature mirrored", by: "the lower half",
            .refused([400, 403, 409])
        ) { ground in
            let signed = Signed(ground.demand(), by: ground.buyer, in: ground.domain)
            _ = try ground.post(.demand(signed))
            let mirrored = Signed(document: signed.document, signature: mirrored(signed.signature))
            return Answer(try ground.post(.demand(mirrored)))
        },
    ]

    /// The other signature of the same key over the same digest: s is taken from the curve's order, v is the other.
    ///
    /// Source: EIP-2.
    private static func mirrored(_ signature: Signature) -> Signature {
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
            0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41,
        ]
        var bytes = signature.bytes
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(bytes[32 + index]) - borrow
            borrow = difference < 0 ? 1 : 0
            bytes[32 + index] = UInt8(difference & 0xFF)
        }
        bytes[64] = bytes[64] == 27 ? 28 : 27
        return Signature(checkedBytes: bytes)
    }

    private static let market = [
        Sending(
            .documents, "money made with another key than the operator's", by: "the operator's signature",
            .refused([403])
        ) { ground in
            let grant = FaucetGrant(account: ground.buyer.address, amount: .max, nonce: .random())
            return Answer(try ground.post(.faucet(Signed(grant, by: ground.buyer, in: ground.domain))))
        },
        Sending(.documents, "more money than there can be", by: checked, .refused([400, 409])) { ground in
            let grant = FaucetGrant(account: ground.buyer.address, amount: .max, nonce: .random())
            return Answer(try ground.post(.faucet(Signed(grant, by: ground.operator, in: ground.domain))))
        },
        Sending(
            .documents, "a rating of a lease that is not the rater's", by: "the parties of the lease",
            .refused([400, 403, 404, 409])
        ) { ground in
            let key = PrivateKey.generate()
            let rating = Rating(
                lease: ground.ended, rater: key.address, ratee: ground.machine, stars: 5, comment: "",
                ratedAt: ground.now)
            return Answer(try ground.post(.rating(Signed(rating, by: key, in: ground.domain))))
        },
        Sending(
            .documents, "a lease that is open for ever, ended by nobody's word", by: "the close window",
            .refused([400, 403, 404, 409])
        ) { ground in
            Answer(try ground.post(.finalize(.random())))
        },
        Sending(
            .documents, "the end of a lease that is another's", by: "the parties of the lease",
            .refused([400, 403, 409])
        ) { ground in
            let key = PrivateKey.generate()
            let lease = try ground.openLease()
            let request = CloseRequest(channel: lease, requester: key.address, requestedAt: ground.now)
            return Answer(try ground.post(.closeRequest(Signed(request, by: key, in: ground.domain))))
        },
    ]
}

extension Amount {
    /// The largest that is written with 128 bits.
    fileprivate static let max = Amount(.max)
}
