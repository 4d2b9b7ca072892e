package import GCXModel

extension Rating: TypedDocument {
    package static let schema = TypedSchema<Rating>(
        "Rating",
        .init("lease", \.lease),
        .init("rater", \.rater),
        .init("ratee", \.ratee),
        .init("stars", \.stars),
        .init("comment", \.comment),
        .init("ratedAt", \.ratedAt))
}
