package import FoundationEssentials
import GCXBenchmark
import GCXJSON
package import GCXModel
package import GCXPricing
package import GCXSigning

import struct Crypto.SHA256

/// One run of the benchmarks with everything that a stranger needs to check it: the signed attestation, and the documents
/// behind its digests, byte for byte.
package struct BenchmarkRecord: Codable, Equatable, Sendable {
    /// The version that this code writes and reads.
    package static let schemaCurrent = 1
    /// Bytes of a record that is read: a report, an inventory, and both escaped within JSON.
    package static let bytesMax = 16_777_216

    package var schema: Int
    /// Signed for `EIP712Domain.standalone`.
    package var attestation: Signed<AttestationRecord>
    /// What the figures come to, for the reader; whoever checks computes it again.
    package var rating: ComputeHourRating
    /// The report as JSON, whose SHA-256 is the attestation's `samples`.
    package var report: String
    /// The inventory as JSON, whose SHA-256 is the attestation's `inventory`.
    package var inventory: String

    /// Signs what was measured at `now` (Unix seconds) with the key of the machine.
    ///
    /// - Throws: whatever the key's custody throws.
    package init(
        _ measurement: Measurement, at now: UInt64, by custody: some KeyCustody
    ) async throws(SigningError) {
        schema = Self.schemaCurrent
        attestation = try await Signed(
            measurement.attestation(of: custody.address, at: now), by: custody, in: .standalone)
        rating = ComputeHourRating(measurement.facts, by: .v1)
        func text(_ digest: Digest) -> String {
            String(decoding: measurement.documents[digest] ?? [], as: UTF8.self)  // bounded: a dictionary
        }
        report = text(measurement.samplesDigest)
        inventory = text(measurement.inventoryDigest)
    }

    /// Reads a record; nothing in it is checked yet.
    ///
    /// - Throws: ``RecordError/malformed(_:)`` or ``RecordError/schemaUnknown(_:)``.
    package init(decoding data: Data) throws(RecordError) {
        struct SchemaOnly: Decodable { let schema: Int }
        guard data.count <= Self.bytesMax else {
            throw .malformed("\(NumberText.count(data.count, "byte")) are more than \(NumberText.count(Self.bytesMax))")
        }
        do {
            let schema = try StrictJSON.decode(SchemaOnly.self, from: data, unknownFields: .tolerated).schema
            guard schema == Self.schemaCurrent else { throw RecordError.schemaUnknown(schema) }
            self = try StrictJSON.decode(Self.self, from: data)
        } catch let error as RecordError {
            throw error
        } catch {
            throw .malformed(Untrusted(ForeignError.words(error)))
        }
    }

    package func encoded() throws -> Data {
        Data(try CanonicalJSON.readable(self))
    }
}

/// Why a record is not to be believed.
package enum RecordError: RemediedError, Equatable {
    /// It is no record.
    case malformed(Untrusted)
    case schemaUnknown(Int)
    /// The signature is another key's than the machine's that the record names, or than the one expected.
    case signerUnexpected(expected: Address, found: Address)
    /// The signature is none.
    case signatureInvalid(Untrusted)
    /// A document is not the one whose digest was signed.
    case digestDiffers(document: String)
    /// What the signed word says does not follow from its own documents.
    case statementDiffers(what: Untrusted, stated: Untrusted, found: Untrusted)
    /// The Compute Hour table is none that this release knows.
    case tableUnknown(Digest)

    package var remedy: Remedy {
        switch self {
        case .malformed, .schemaUnknown:
            .fix("Name a file that `gcx bench --key KEY --out FILE` of this release wrote.")
        case .tableUnknown: .fix("Check it with a release of gcx that has this table.")
        default: .refuse
        }
    }

    package var description: String {
        switch self {
        case .malformed(let reason): "read the record: \(reason.shown)"
        case .schemaUnknown(let schema): "read the record: schema \(schema) is not \(BenchmarkRecord.schemaCurrent)"
        case .signerUnexpected(let expected, let found):
            "the record is signed by \(found.checksummed), not by \(expected.checksummed): it was changed, or it is another machine's"
        case .signatureInvalid(let reason): "the signature is none: \(reason.shown)"
        case .digestDiffers(let document): "the \(document) is not the one that was signed"
        case .statementDiffers(let what, let stated, let found):
            "\(what.shown): the record states \(stated.shown), its own documents give \(found.shown)"
        case .tableUnknown(let digest): "the Compute Hour table \(digest) is unknown"
        }
    }
}
