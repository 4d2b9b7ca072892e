import Foundation
import GCXLedger
import GCXModel
import Testing

/// What an error is called on the wire, what it asks for, and whether it speaks of the entry or of the ledger.
@Suite("the errors of a ledger")
struct ErrorTableTests {
    private enum Asks: Equatable {
        case refuse
        case retry(Int64)
        /// The beginning of the instruction.
        case fix(String)
    }

    /// By the code that peers know: a code that changes is another error to all who are older.
    private static let table: [String: (asks: Asks, isOfLedger: Bool)] = [
        "badSignature": (.fix("Sign the document with the key"), false), "notAllowed": (.refuse, false),
        "unknownGrant": (.fix("Start the agent, which posts the grant"), false),
        "unknownAttestation": (.fix("Start the agent, which measures"), false),
        "unknownOffer": (.fix("Check the digest"), false), "unknownDemand": (.fix("Check the digest"), false),
        "unknownSubject": (.fix("Check the digest"), false), "leaseUnknown": (.fix("Check the digest"), false),
        "unknownEntry": (.refuse, false), "unknownTree": (.refuse, false),
        "superseded": (.fix("Use a document that still stands"), false),
        "staleRevision": (.fix("Publish it as a revision after"), false), "malformed": (.refuse, false),
        "documentTooLarge": (.fix("Shorten the field"), false), "datedAhead": (.fix("Set the clock"), false),
        "termsDiffer": (.fix("Draw up the lease again"), false), "overCapacity": (.fix("Ask for less, or wait"), false),
        "signRefused": (.fix("Set the clock"), false), "insufficientFunds": (.fix("Put money into the account"), false),
        "escrowExceeded": (.fix("Ask the buyer to top up"), false),
        "staleVoucher": (.fix("Ask the buyer for a voucher"), false),
        "staleTopUp": (.fix("Name the new total"), false), "rateCapExceeded": (.retry(60), false),
        "amountOverflow": (.refuse, false), "notTestNetwork": (.fix("Its operator issues credit"), false),
        "testNetwork": (.fix("Its operator makes play money"), false),
        "clockJumped": (.fix("Set the clock of the ledger's machine"), true),
        "clockDiffers": (.fix("Set the clock that is wrong"), false),
        "formatTooOld": (.fix("Use a ledger that was founded"), false),
        "leaseClosing": (.refuse, false), "leaseClosed": (.refuse, false),
        "notClosing": (.fix("Ask to close the lease"), false),
        "closeWindowOver": (.refuse, false), "closeWindowNotOver": (.retry(5), false),
        "notSettled": (.fix("Close the lease first"), false), "alreadyRated": (.refuse, false),
        "keyReused": (.refuse, false), "wrongOperator": (.fix("Name the right ledger file"), true),
        "wrongNetwork": (.fix("Name the right ledger file"), true),
        "wrongCurrency": (.fix("Leave ledger.currency_symbol"), true),
        "unknownFormat": (.fix("Use the version of gcx"), true),
        "storage": (.fix("Check the disk"), true), "notALedger": (.fix("Name the file that"), true),
        "corrupted": (.fix("Stop the ledger, run"), true), "locked": (.fix("Stop the other ledger process"), true),
        "unreachable": (.retry(5), true), "unreadable": (.fix("Check that the address"), true),
    ]

    private func code(_ error: LedgerError) throws -> String {
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(error)) as? [String: Any]
        return try #require(object?.keys.first)
    }

    @Test("each asks for what its code says, and blames what its code says", arguments: Samples.errors)
    func rows(_ error: LedgerError) throws {
        let code = try code(error)
        switch error {
        case .expired(.grant, _, _), .withdrawn(.grant, _):
            try expect(error, .fix("Have the owner sign a new grant"), false)
        case .expired, .withdrawn: try expect(error, .fix("Use a document that still stands"), false)
        case .outcomeUnknown(_, let after): try expect(error, .retry(after.components.seconds), true)
        default:
            let row = try #require(Self.table[code], "\(code) is no code that peers know")
            try expect(error, row.asks, row.isOfLedger)
        }
    }

    private func expect(_ error: LedgerError, _ asks: Asks, _ isOfLedger: Bool) throws {
        let name = try code(error)
        #expect(error.isOfLedger == isOfLedger, "\(name)")
        switch (error.remedy, asks) {
        case (.refuse, .refuse): break
        case (.retry(let after), .retry(let seconds)): #expect(after == .seconds(seconds), "\(name)")
        case (.fix(let text), .fix(let beginning)): #expect(text.hasPrefix(beginning), "\(name): \(text)")
        default: Issue.record("\(name) asks for \(error.remedy)")
        }
    }

    @Test("the table has every code, and no other")
    func whole() throws {
        let codes = Set(try Samples.errors.map(code))
        #expect(codes.subtracting(Self.table.keys) == ["expired", "withdrawn", "outcomeUnknown"])
        #expect(Set(Self.table.keys).subtracting(codes) == [])
    }

    @Test("a code that nobody knows is not read as another")
    func unknown() {
        for text in [
            #"{"staleVouchers":{}}"#, #"{"staleVoucher":{}}"#, #"{}"#, #""leaseClosed""#,
            #"{"notTestNetwork":{},"testNetwork":{}}"#,
        ] {
            #expect(throws: JSONError.self, "\(text)") { try StrictJSON.decode(LedgerError.self, from: text.utf8) }
        }
    }
}
