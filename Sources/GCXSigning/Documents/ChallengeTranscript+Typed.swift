package import GCXModel

extension ChallengeTranscript: TypedDocument {
    package static let schema = TypedSchema<ChallengeTranscript>(
        "ChallengeTranscript",
        .init("machine", \.machine),
        .init("challenger", \.challenger),
        .init("nonce", \.nonce),
        .init("kind", \.kind),
        .init("commitment", \.commitment),
        .init("response", \.response),
        .init("issuedAt", \.issuedAt),
        .init("elapsedNanoseconds", \.elapsedNanoseconds),
        .init("result", \.result),
        .init("passed", \.passed))
}
