import GCXModel
import GCXSigning

extension LedgerState {
    /// One word from each side, once the money has come to rest.
    func rate(_ signed: Signed<Rating>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let rating = signed.document
        try rating.requireForm(in: posting)
        try requireDated(rating.ratedAt, .rating, in: posting)
        var lease = try knownLease(rating.lease)
        try requireSides(of: rating, in: lease.terms)
        try requireSigner(rating.rater, of: signed, .rating, in: posting)
        if posting.isStrict { try requireTwoSides(of: lease.terms, at: lease.index) }
        guard lease.escrow.isClosed else { throw .notSettled(lease.id) }
        guard !lease.ratings.contains(where: { $0.document.rater == rating.rater }) else {
            throw .alreadyRated(lease.id, by: rating.rater)
        }
        lease.ratings.append(signed)
        let record = RatingRecord(
            rating: signed, postedAt: posting.time, settled: lease.settled,
            rateeWasPayee: rating.ratee == lease.terms.payee)
        return [.lease(lease), .rating(record)]
    }

    private func requireSides(of rating: Rating, in terms: LeaseTerms) throws(LedgerError) {
        guard [terms.payer, terms.payee].contains(rating.rater) else {
            throw .notAllowed(rating.rater, reason: "only the payer and the payee of lease \(rating.lease) rate it")
        }
        let other = rating.rater == terms.payer ? terms.payee : terms.payer
        guard rating.ratee == other else {
            throw .notAllowed(rating.rater, reason: "the other side of lease \(rating.lease) is \(other)")
        }
    }
}
