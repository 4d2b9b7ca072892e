import GCXMarket
import GCXModel

/// Each sentence names the thing and the reason.
extension LedgerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badSignature(let kind, let expected, nil):
            "the signature on the \(kind) is not one; it should be by \(expected)"
        case .badSignature(let kind, let expected, let got?):
            "the \(kind) should be signed by \(expected), but in this ledger's domain the signature is by \(got)"
        case .notAllowed(let address, let reason): "\(address) may not do this: \(reason.shown)"
        case .unknownGrant(let digest): "no machine grant \(digest) stands in this ledger"
        case .unknownAttestation(let digest): "no attestation record \(digest) of this machine stands in this ledger"
        case .unknownOffer(let digest): "no offer \(digest) stands in this ledger"
        case .unknownDemand(let digest): "no demand \(digest) stands in this ledger"
        case .unknownSubject(let digest): "nothing that could be withdrawn has the digest \(digest)"
        case .leaseUnknown(let id): "no lease \(id) was opened in this ledger"
        case .unknownEntry(let index): "the ledger has no entry \(index)"
        case .unknownTree(let from, let to, let size):
            "there is no proof from \(from) to \(to) in a ledger of \(NumberText.count(size, "entry"))"
        default: documentDescription
        }
    }

    private var documentDescription: String {
        switch self {
        case .expired(let kind, let digest, let at): "the \(kind) \(digest) expired at \(RFC3339.moment(at))"
        case .withdrawn(let kind, let digest): "the \(kind) \(digest) was withdrawn"
        case .superseded(let kind, let digest, let by): "the \(kind) \(digest) was replaced by \(by)"
        case .staleRevision(let kind, let id, let current, let offered):
            "revision \(offered) of \(kind) \(id) comes too late: the ledger has revision \(current)"
        case .malformed(let kind, let field, let reason): "the field \(field.shown) of the \(kind) \(reason.shown)"
        case .documentTooLarge(let kind, let field, let max):
            "the field \(field.shown) of the \(kind) is larger than \(max)"
        case .datedAhead(let kind, let date, let now):
            "the \(kind) is dated \(RFC3339.moment(date)), more than \(LedgerLimits.datedAheadSecondsMax) s ahead of the ledger's "
                + "clock, which says \(RFC3339.moment(now))"
        case .termsDiffer(let field, let kind, let required, let got):
            "the lease terms say \(field.shown) \(got.shown), but the \(kind) asks for \(required.shown)"
        case .overCapacity(let offer, let resource, let free, let asked):
            "the offer \(offer) has \(ResourcePart.text(free, of: resource.shown)) free in that time, and the lease asks for \(NumberText.count(asked))"
        case .signRefused(let offer, let reason):
            "the sign of life for the offer \(offer) is not taken: \(reason.shown)"
        default: moneyDescription
        }
    }

    private var moneyDescription: String {
        switch self {
        case .insufficientFunds(let account, let holds, let needs):
            "the account \(account) holds \(NumberText.amount(holds)), not \(NumberText.amount(needs))"
        case .escrowExceeded(let lease, let held, let asked):
            "the escrow of lease \(lease) holds \(NumberText.amount(held)) in all, and the voucher asks for \(NumberText.amount(asked))"
        case .staleVoucher(let lease, let settled, let offered):
            "lease \(lease) has paid \(NumberText.amount(settled)) already, and the voucher for \(NumberText.amount(offered)) pays no more than that"
        case .staleTopUp(let lease, let deposit, let offered):
            "the deposit of lease \(lease) is \(NumberText.amount(deposit)) already, and the top-up names \(NumberText.amount(offered))"
        case .rateCapExceeded(let lease, let allowed, let asked):
            "by now lease \(lease) may have paid \(NumberText.amount(allowed)) under its rate cap, and the voucher asks for "
                + NumberText.amount(asked)
        case .amountOverflow(let kind): "an amount in the \(kind) is too large to be added"
        case .notTestNetwork: "this ledger is not a test network: it has no play money"
        case .testNetwork: "this ledger is a test network: it has play money, and its operator promises none"
        case .clockJumped(let machine, let latest):
            "the clock of the ledger's machine says \(RFC3339.moment(machine)), and by the entries and the time since it should "
                + "be \(RFC3339.moment(latest)) at the most"
        case .clockDiffers(let asked, let machine):
            "the order says that it is \(RFC3339.moment(asked)), and the clock of the ledger's machine says \(RFC3339.moment(machine))"
        case .formatTooOld(let kind, let format, let needed):
            "a ledger of format \(needed) takes a \(kind), and this one is of format \(format)"
        default: lifeDescription
        }
    }

    private var lifeDescription: String {
        switch self {
        case .leaseClosing(let id, let at):
            "the payer of lease \(id) asked to close it; it closes at \(RFC3339.moment(at))"
        case .leaseClosed(let id): "the lease \(id) is closed"
        case .notClosing(let id): "nobody asked to close lease \(id)"
        case .closeWindowOver(let id, let at): "the close window of lease \(id) ended at \(RFC3339.moment(at))"
        case .closeWindowNotOver(let id, let at): "the close window of lease \(id) is open until \(RFC3339.moment(at))"
        case .notSettled(let id): "the lease \(id) is not settled yet"
        case .alreadyRated(let id, let by): "\(by) has rated lease \(id) already"
        case .keyReused(let key): "\(key) stands in this ledger already, signed by somebody else"
        default: storeDescription
        }
    }

    private var storeDescription: String {
        switch self {
        case .wrongOperator(let expected, let got): "the ledger belongs to operator \(expected), not \(got)"
        case .wrongNetwork(let isTestNetwork):
            isTestNetwork ? "the ledger is a test network" : "the ledger is not a test network"
        case .wrongCurrency(let currency):
            "the ledger was founded with money called \(currency.symbol), of \(NumberText.count(currency.decimals, "decimal"))"
        case .unknownFormat(let found, let known):
            "the ledger file has format \(found.shown); this program knows \(known.shown)"
        case .storage(let operation, let detail): "\(operation.shown) failed: \(detail.shown)"
        case .notALedger(let path, let reason): "\(path.shown) is not the file of a ledger: \(reason.shown)"
        case .corrupted(let index?, let detail): "entry \(index) of the ledger is corrupted: \(detail.shown)"
        case .corrupted(nil, let detail): "the ledger is corrupted: \(detail.shown)"
        case .locked(let path): "another process writes to the ledger \(path.shown)"
        case .notTrusted(let endpoint, let detail, _):
            "whoever answers at \(endpoint.shown) is not the ledger that was asked for: \(detail.shown)"
        case .unreachable(let endpoint, let detail): "the ledger at \(endpoint.shown) did not answer: \(detail.shown)"
        case .unreadable(let endpoint, let detail):
            "the answer of the ledger at \(endpoint.shown) makes no sense: \(detail.shown)"
        case .outcomeUnknown(let key, _): "the ledger went silent while \(key) was being written"
        // Every case stands in one of the five lists; the conformance test prints them all.
        default: "the ledger refused"
        }
    }
}
