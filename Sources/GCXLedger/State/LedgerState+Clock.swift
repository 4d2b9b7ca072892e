import GCXModel
import GCXSigning

extension LedgerState {
    /// The operator's word on the time. Its place and its time are those at which it stands, and its signature is looked at
    /// whenever the journal is read: nothing else may set the time back.
    func setClock(_ signed: Signed<ClockOrder>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let order = signed.document
        try requireFormat(.ofLedger, for: .clock)
        try requireSigner(`operator`, of: signed, .clock, in: posting.checkingSignatures)
        let form = Form(.clock, in: posting)
        try form.text("reason", order.reason, max: LedgerLimits.reasonBytesMax)
        try form.require(
            order.position == posting.index, "position",
            "is \(order.position), and the entry stands at \(posting.index)")
        try form.require(order.time == posting.time, "time", "is \(order.time), and the entry is of \(posting.time)")
        return []
    }

    /// Refuses what an older ledger does not know.
    func requireFormat(_ needed: LedgerCharter.Format, for kind: EntryKind) throws(LedgerError) {
        guard charter.format >= needed else {
            throw .formatTooOld(kind, format: charter.format.rawValue, needed: needed.rawValue)
        }
    }
}

extension Entry {
    /// Whether it may be older than the entry before it.
    var setsClock: Bool {
        if case .clock = self { true } else { false }
    }
}
