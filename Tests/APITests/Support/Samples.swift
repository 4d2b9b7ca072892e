import GCXModel
import GCXSigning

@testable import GCXWire

/// A lease, its keys and receipts that fit together.
struct SampleLease: Sendable {
    let payer = PrivateKey.generate()
    let machine = PrivateKey.generate()
    let session = PrivateKey.generate()
    let domain = EIP712Domain.embedded(operator: .random())
    let terms: LeaseTerms
    /// Unix seconds at which the samples are checked: an hour into the lease.
    let now: UInt64 = 1_800_003_600

    init(_ edit: (inout LeaseTerms) -> Void = { _ in }) {
        var terms = LeaseTerms(
            offer: .random(), demand: .random(), payer: payer.address, payee: .random(), machine: machine.address,
            session: session.address,
            resources: Resources(cores: 2, memoryBytes: 1 << 30, storageBytes: 1 << 30, gpus: 0),
            rates: Rates(
                leaseHour: 3_600, coreHour: 7_200, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0),
            startsAt: 1_800_000_000, endsAt: 1_800_086_400, deposit: 1_000_000, burst: 1_000_000, hourlyCap: 1_000_000,
            closeWindowSeconds: 5, receiptSeconds: 5, creditLimit: 1_000, graceSeconds: 30, salt: .random())
        edit(&terms)
        self.terms = terms
    }

    var id: LeaseID { terms.digest(in: domain) }

    var apiSession: Signed<ApiSession> {
        Signed(
            ApiSession(
                account: payer.address, session: payer.address, audience: machine.address, issuedAt: 1_800_000_000,
                expiresAt: 1_800_010_000),
            by: payer, in: domain)
    }

    /// Receipts 1 to `count`, ten seconds each, with one core busy: 3 base units a second.
    func receipts(_ count: UInt64, final: Bool = false) -> [Signed<Receipt>] {
        var receipts: [Signed<Receipt>] = []
        for sequence in 1...count {
            let previous = receipts.last?.digest(in: domain) ?? .zero
            let isFinal = final && sequence == count
            receipts.append(sign(receipt(sequence, previous: previous, isFinal: isFinal)))
        }
        return receipts
    }

    func sign(_ receipt: Receipt) -> Signed<Receipt> { Signed(receipt, by: machine, in: domain) }

    func receipt(_ sequence: UInt64, previous: Digest, isFinal: Bool) -> Receipt {
        let nanoseconds = sequence * 10_000_000_000
        return Receipt(
            lease: id, sequence: sequence, previous: previous, bootID: "7b9f3f36-0c6e-4c0b-9d7e-1f2a3b4c5d6e",
            periodStartNanoseconds: nanoseconds - 10_000_000_000, periodEndNanoseconds: nanoseconds,
            issuedAt: 1_800_000_000 + sequence * 10,
            usage: Usage(
                leaseNanoseconds: nanoseconds, coreNanoseconds: nanoseconds, memoryByteSeconds: .zero,
                gpuNanoseconds: 0, storageByteSeconds: .zero, egressBytes: 0),
            amount: Amount(UInt128(sequence * 30)), logDigest: .random(), samplesDigest: .random(), isFinal: isFinal,
            events: [])
    }

    func status(_ phase: LeasePhaseName = .running) -> JobStatus {
        JobStatus(
            lease: id, payer: payer.address, phase: phase, exit: phase == .closed ? .exited(code: 0) : nil,
            startedAt: 1, endedAt: nil, usage: .zero, amount: 30, vouched: 30, claimed: 0, deposit: 1_000_000,
            receipts: 1, logBytes: 0, note: "")
    }
}
