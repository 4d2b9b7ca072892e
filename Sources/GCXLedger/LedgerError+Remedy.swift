package import GCXModel

extension LedgerError: RemediedError {
    package var remedy: Remedy {
        switch self {
        case .badSignature: .fix("Sign the document with the key it names, in the domain of this ledger.")
        case .notAllowed, .unknownEntry, .unknownTree, .malformed, .amountOverflow, .keyReused: .refuse
        case .unknownGrant: .fix("Start the agent, which posts the grant it was given: `gcx agent run`.")
        case .unknownAttestation: .fix("Start the agent, which measures and posts the record: `gcx agent run`.")
        case .unknownOffer, .unknownDemand, .unknownSubject, .leaseUnknown:
            .fix("Check the digest, and that this is the ledger it was posted to.")
        case .documentTooLarge: .fix("Shorten the field and sign the document again.")
        default: stateRemedy
        }
    }

    private var stateRemedy: Remedy {
        switch self {
        case .expired(.grant, _, _), .withdrawn(.grant, _):
            .fix("Have the owner sign a new grant for this machine: `gcx key grant`.")
        case .expired, .withdrawn, .superseded: .fix("Use a document that still stands, or publish a new one.")
        case .staleRevision(_, _, let current, _): .fix("Publish it as a revision after \(current).")
        case .datedAhead, .signRefused: .fix("Set the clock of the machine that signed it.")
        case .termsDiffer: .fix("Draw up the lease again from the offer and the demand as posted.")
        case .overCapacity: .fix("Ask for less, or wait until a running lease ends.")
        case .insufficientFunds: .fix("Put money into the account, or ask for less.")
        case .escrowExceeded: .fix("Ask the buyer to top up the lease.")
        case .staleVoucher: .fix("Ask the buyer for a voucher on the latest receipt.")
        case .staleTopUp: .fix("Name the new total of the deposit, larger than the present one.")
        case .rateCapExceeded: .retry(after: .seconds(60))
        default: lifeRemedy
        }
    }

    private var lifeRemedy: Remedy {
        switch self {
        case .notTestNetwork: .fix("Its operator issues credit: `gcx ledger credit issue`.")
        case .testNetwork: .fix("Its operator makes play money: `gcx ledger faucet`.")
        case .clockJumped:
            .fix("Set the clock of the ledger's machine; if it is right, the operator says so: `gcx ledger clock`.")
        case .clockDiffers: .fix("Set the clock that is wrong, then sign the order again: `gcx ledger clock`.")
        case .formatTooOld: .fix("Use a ledger that was founded by this version of gcx: a file keeps its rules.")
        case .closeWindowNotOver: .retry(after: .seconds(5))
        case .notClosing: .fix("Ask to close the lease first: `gcx lease close`.")
        case .notSettled: .fix("Close the lease first; then rate it.")
        case .wrongOperator, .wrongNetwork: .fix("Name the right ledger file, operator key and network.")
        case .wrongCurrency:
            .fix("Leave ledger.currency_symbol and ledger.currency_decimals as they were when the ledger was founded.")
        case .unknownFormat: .fix("Use the version of gcx that wrote this ledger, or a later one.")
        case .storage: .fix("Check the disk: free space, permissions, kernel log; then try again.")
        case .notALedger:
            .fix(
                "Name the file that `gcx ledger serve` keeps (`ledger.database` in its configuration), as a user who may read it."
            )
        case .corrupted: .fix("Stop the ledger, run `gcx ledger verify`, and restore the file from a copy.")
        case .locked: .fix("Stop the other ledger process, or talk to it instead of opening its file.")
        case .unreachable: .retry(after: .seconds(5))
        case .notTrusted(_, _, let remedy): .fix(remedy.shown)
        case .unreadable: .fix("Check that the address is that of a gcx ledger of the same version.")
        case .outcomeUnknown(_, let after): .retry(after: after)
        default: .refuse
        }
    }
}

extension LedgerError {
    /// True when the ledger itself failed: it says nothing about the entry, which may be posted once the ledger is well.
    package var isOfLedger: Bool {
        switch self {
        case .wrongOperator, .wrongNetwork, .wrongCurrency, .unknownFormat, .storage, .notALedger, .corrupted, .locked,
            .unreachable, .notTrusted,
            .unreadable,
            .outcomeUnknown, .clockJumped:
            true
        default: false
        }
    }
}
