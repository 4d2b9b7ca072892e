package import GCXModel

extension Receipt: TypedDocument {
    package static let schema = TypedSchema<Receipt>(
        "Receipt",
        .init("lease", \.lease),
        .init("sequence", \.sequence),
        .init("previous", \.previous),
        .init("bootID", \.bootID),
        .init("periodStartNanoseconds", \.periodStartNanoseconds),
        .init("periodEndNanoseconds", \.periodEndNanoseconds),
        .init("issuedAt", \.issuedAt),
        .init("usage", \.usage),
        .init("amount", \.amount),
        .init("logDigest", \.logDigest),
        .init("samplesDigest", \.samplesDigest),
        .init("isFinal", \.isFinal),
        .init("events", \.events))
}
