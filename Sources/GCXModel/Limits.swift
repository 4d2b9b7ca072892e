/// The bounds of the documents, in one place: what is larger is refused by whoever reads it.
package enum Limits {
    /// Facts in an offer or a record: sixteen axes, a few figures each, and every GPU of a large machine.
    package static let factsMax = 512
    /// Constraints in a demand.
    package static let constraintsMax = 64
    /// Addresses in an allow or deny list.
    package static let partiesMax = 256
    /// Bytes of a label, region, fact name or unit.
    package static let nameBytesMax = 128
    /// Bytes of a rating's comment: a paragraph.
    package static let ratingCommentBytesMax = 1_000
    /// Events in one receipt.
    package static let receiptEventsMax = 64
    /// Bytes of one event's text.
    package static let eventBytesMax = 512
    /// Shortest and longest close window, seconds: five seconds (a demonstration on one machine) to a week.
    package static let closeWindowSeconds: ClosedRange<UInt64> = 5...604_800
}
