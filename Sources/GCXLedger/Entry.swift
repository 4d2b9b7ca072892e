package import GCXModel
package import GCXSigning

/// One thing that can be written in a ledger: a signed document, or a step whose time has come.
///
/// Who hands an entry in does not matter: the signatures inside are the only authority.
package enum Entry: Equatable, Sendable {
    /// An owner registers a machine's key.
    case grant(Signed<MachineGrant>)
    /// A machine publishes what was measured on it.
    case attestation(Signed<AttestationRecord>)
    /// A machine publishes capacity for sale.
    case offer(Signed<Offer>)
    /// A buyer publishes capacity wanted.
    case demand(Signed<Demand>)
    /// A grant, an offer or a demand is taken back.
    case withdrawal(Signed<Withdrawal>)
    /// Both sides agreed; the deposit moves from the payer's account into escrow.
    case leaseOpened(CountersignedTerms)
    /// The payer raises the deposit.
    case topUp(Signed<TopUp>)
    /// The payee is paid up to the voucher's cumulative amount.
    case claim(Signed<Voucher>)
    /// One side asks to close.
    case closeRequest(Signed<CloseRequest>)
    /// The close window is over: the rest goes back to the payer. Needs no signature, for it can only do that.
    case finalize(LeaseID)
    /// One side's word about the other.
    case rating(Signed<Rating>)
    /// The operator of a test network makes money.
    case faucet(Signed<FaucetGrant>)
    /// The operator of a private ledger makes money that is the operator's promise.
    case creditIssued(Signed<CreditIssue>)
    /// Such money ends, for the operator paid it outside.
    case creditRedeemed(CountersignedRedemption)
    /// The operator says what time it is.
    case clock(Signed<ClockOrder>)
}

/// The name of each kind of entry, in keys, in JSON and in errors.
package enum EntryKind: String, Codable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case grant, attestation, offer, demand, withdrawal, leaseOpened, topUp, claim, closeRequest, finalize, rating,
        faucet, creditIssued, creditRedeemed, clock

    package var description: String { rawValue }
}

extension Entry {
    package var kind: EntryKind {
        switch self {
        case .grant: .grant
        case .attestation: .attestation
        case .offer: .offer
        case .demand: .demand
        case .withdrawal: .withdrawal
        case .leaseOpened: .leaseOpened
        case .topUp: .topUp
        case .claim: .claim
        case .closeRequest: .closeRequest
        case .finalize: .finalize
        case .rating: .rating
        case .faucet: .faucet
        case .creditIssued: .creditIssued
        case .creditRedeemed: .creditRedeemed
        case .clock: .clock
        }
    }
}

/// In JSON an entry is `{"kind": "offer", "body": {…}}`.
extension Entry: Codable {
    private enum Keys: String, CodingKey { case kind, body }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        func body<Body: Decodable>() throws -> Body { try container.decode(Body.self, forKey: .body) }
        switch try container.decode(EntryKind.self, forKey: .kind) {
        case .grant: self = .grant(try body())
        case .attestation: self = .attestation(try body())
        case .offer: self = .offer(try body())
        case .demand: self = .demand(try body())
        case .withdrawal: self = .withdrawal(try body())
        case .leaseOpened: self = .leaseOpened(try body())
        case .topUp: self = .topUp(try body())
        case .claim: self = .claim(try body())
        case .closeRequest: self = .closeRequest(try body())
        case .finalize: self = .finalize(try body())
        case .rating: self = .rating(try body())
        case .faucet: self = .faucet(try body())
        case .creditIssued: self = .creditIssued(try body())
        case .creditRedeemed: self = .creditRedeemed(try body())
        case .clock: self = .clock(try body())
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(kind, forKey: .kind)
        switch self {
        case .grant(let body): try container.encode(body, forKey: .body)
        case .attestation(let body): try container.encode(body, forKey: .body)
        case .offer(let body): try container.encode(body, forKey: .body)
        case .demand(let body): try container.encode(body, forKey: .body)
        case .withdrawal(let body): try container.encode(body, forKey: .body)
        case .leaseOpened(let body): try container.encode(body, forKey: .body)
        case .topUp(let body): try container.encode(body, forKey: .body)
        case .claim(let body): try container.encode(body, forKey: .body)
        case .closeRequest(let body): try container.encode(body, forKey: .body)
        case .finalize(let body): try container.encode(body, forKey: .body)
        case .rating(let body): try container.encode(body, forKey: .body)
        case .faucet(let body): try container.encode(body, forKey: .body)
        case .creditIssued(let body): try container.encode(body, forKey: .body)
        case .creditRedeemed(let body): try container.encode(body, forKey: .body)
        case .clock(let body): try container.encode(body, forKey: .body)
        }
    }
}
