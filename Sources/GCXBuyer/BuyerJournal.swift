import FoundationEssentials
import GCXLinux
package import GCXModel
package import GCXSigning
import GCXWire

/// How far a buyer has gone with one lease: it may answer only what follows on this.
package struct BuyerRecord: Codable, Equatable, Sendable {
    package var lease: LeaseID
    /// The last receipt found good.
    package var receipt: Signed<Receipt>?
    /// The answer to it.
    package var voucher: Signed<Voucher>?
    /// The receipt at which the buyer stopped, and why: evidence in a dispute.
    package var refused: Refusal?

    package struct Refusal: Codable, Equatable, Sendable {
        package var receipt: Signed<Receipt>
        package var reason: String

        package init(receipt: Signed<Receipt>, reason: String) {
            self.receipt = receipt
            self.reason = reason
        }
    }

    package init(
        lease: LeaseID, receipt: Signed<Receipt>? = nil, voucher: Signed<Voucher>? = nil, refused: Refusal? = nil
    ) {
        self.lease = lease
        self.receipt = receipt
        self.voucher = voucher
        self.refused = refused
    }
}

extension BuyerRecord {
    /// What in the record cannot have been written for such a lease; nil when it may go on.
    ///
    /// A byte that changed on a disk would else be taken for the machine's doing: the next good receipt would not follow.
    ///
    /// - Complexity: two recoveries of a key.
    func fault(of terms: LeaseTerms, in domain: EIP712Domain) -> String? {
        if let receipt, receipt.document.lease != lease { return "its receipt is of another lease" }
        if let receipt, (try? receipt.verify(signer: terms.machine, in: domain)) == nil {
            return "its receipt is not as the machine signed it"
        }
        guard let voucher else { return nil }
        guard let receipt else { return "its voucher answers no receipt" }
        let answer = Voucher(
            channel: lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: domain))
        guard voucher.document == answer else { return "its voucher does not answer its receipt" }
        let isOurs = (try? voucher.verify(signer: terms.session, in: domain)) != nil
        return isOurs ? nil : "its voucher is not as the session key signed it"
    }
}

/// Where a buyer's record outlives its process. What ``save(_:)`` took is durable when it returns.
package protocol BuyerJournal: Sendable {
    /// For messages: the file's path.
    var name: String { get }
    /// Nil when nothing was ever saved.
    func load() throws(BuyerError) -> BuyerRecord?
    func save(_ record: BuyerRecord) throws(BuyerError)
}

/// A journal in one JSON file, replaced as a whole; mode 0600. Cost of saving: two fsyncs.
package struct FileBuyerJournal: BuyerJournal {
    private let path: String
    package var name: String { path }

    package init(_ path: String) { self.path = path }

    package func load() throws(BuyerError) -> BuyerRecord? {
        let bytes: [UInt8]
        do {
            bytes = try Files.bytes(path, limit: BuyerLimits.journalBytesMax)
        } catch {
            if error.isNotFound { return nil }
            throw .journal(path, reason: error.description)
        }
        do {
            return try StrictJSON.decode(BuyerRecord.self, from: bytes)
        } catch {
            throw .journalDamaged(path, reason: error.description)
        }
    }

    package func save(_ record: BuyerRecord) throws(BuyerError) {
        do {
            try DurableFile.write(try WireJSON.encode(record), to: path)
        } catch {
            throw .journal(path, reason: ForeignError.words(error))
        }
    }
}
