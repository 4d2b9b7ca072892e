import Foundation
import GCXLedger
import GCXModel
import GCXSigning

/// Every type that is signed as a whole, with a document of it, so that a test can go over all of them.
struct SignedType: CustomStringConvertible {
    let description: String
    let typeHash: Digest
    /// The document's digest in a domain, and whether a signature of another document counts for it.
    let digest: @Sendable (EIP712Domain) -> Digest
    let encodeType: String
    /// The document as JSON.
    let json: @Sendable () throws -> Data
    /// The digest of the document that some JSON spells; nil when it spells none.
    let read: @Sendable (Data, EIP712Domain) -> Digest?

    private init<Document>(_ document: Document) where Document: TypedDocument & Codable & Equatable & Sendable {
        description = "\(Document.self)"
        typeHash = document.ownSchema.type.typeHash
        encodeType = document.ownSchema.type.encodeType
        digest = { document.digest(in: $0) }
        json = { try JSONEncoder().encode(document) }
        read = { data, domain in (try? JSONDecoder().decode(Document.self, from: data))?.digest(in: domain) }
    }

    private static func first<Document>(_ type: Document.Type, file name: String? = nil) throws -> SignedType
    where Document: TypedDocument & Codable & Equatable & Sendable {
        let file: Vectors.File<Document> = try Vectors.read(name ?? "\(type)")
        // The one that says most: an empty list has no element that could change.
        let longest = file.cases.map(\.message).max {
            (try? JSONEncoder().encode($0).count) ?? 0 < (try? JSONEncoder().encode($1).count) ?? 0
        }
        guard let longest else { throw SigningFailure("\(type) has no vector") }
        return SignedType(longest)
    }

    static let all: Result<[SignedType], any Error> = Result {
        [
            try first(MachineGrant.self), try first(Offer.self), try first(Offer.self, file: "Offer2"),
            try first(SignOfLife.self), try first(Demand.self), try first(LeaseTerms.self), try first(Receipt.self),
            try first(Voucher.self), try first(CloseRequest.self), try first(Rating.self),
            try first(AttestationRecord.self), try first(ChallengeTranscript.self), try first(ApiSession.self),
            try first(Withdrawal.self), try first(TopUp.self), try first(TreeHead.self), try first(CreditIssue.self),
            try first(CreditRedemption.self), try first(ClockOrder.self), try first(FaucetGrant.self),
            try first(EndpointBinding.self),
            try first(RelayRegistration.self), try first(SessionRevocation.self),
        ]
    }
}
