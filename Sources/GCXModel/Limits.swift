/// The bounds of the documents, in one place: what is larger is refused by whoever reads it.
package enum Limits {
    /// Facts in an offer or a record: sixteen axes, a few figures each, and every GPU of a large machine.
    package static let factsMax = 512
    /// Constraints in a demand.
    package static let constraintsMax = 64
    /// Addresses in an allow or deny list.
    package static let partiesMax = 256
    /// Bytes of a label or region.
    package static let nameBytesMax = 128
    /// Bytes of a fact's name and of its unit: the longest of ours are 24 and 8.
    package static let factNameBytesMax = 64
    package static let factUnitBytesMax = 16
    /// Places in an offer where its agent answers: a socket, a port, and a few relays.
    package static let endpointsMax = 8
    /// Bytes of one such place: the longest path of a socket twice over.
    package static let endpointBytesMax = 256
    /// The longest that a server's key is bound, seconds: a day, so that a key that was stolen is of no use on the next.
    package static let bindingSecondsMax: UInt64 = 86_400
    /// How long before its making a binding of ours begins, seconds: clients whose clocks are that much behind still take it.
    package static let bindingBackdatedSeconds: UInt64 = 300
    /// The shortest that an agent of ours gives itself, seconds: it shows one a second at most, and two may get lost.
    package static let signSecondsMin: UInt64 = 3
    /// The longest that an offer stays listed without a sign of life, seconds: a day. Who wants more asks for none.
    package static let signSecondsMax: UInt64 = 86_400
    /// The longest that a lease may be open without a job, seconds: ten years, the longest lease.
    package static let idleSecondsMax: UInt64 = 315_576_000
    /// Bytes of a rating's comment: a paragraph.
    package static let ratingCommentBytesMax = 1_000
    /// Events in one receipt.
    package static let receiptEventsMax = 64
    /// Bytes of one event's text.
    package static let eventBytesMax = 512
    /// Digits behind the point of a currency: what is left of 2^128 holds a whole part of eight digits.
    package static let currencyDecimalsMax = 30
    /// Bytes of a currency's symbol: twice the longest in use.
    package static let currencySymbolBytesMax = 12
    /// Shortest and longest close window, seconds: five seconds (a demonstration on one machine) to a week.
    package static let closeWindowSeconds: ClosedRange<UInt64> = 5...604_800

    /// Bytes of a JSON text that is read at all; doors have smaller bounds of their own. A report of a large machine is one
    /// megabyte.
    package static let jsonBytesMax = 64 << 20
    /// Objects and lists within each other in a JSON text: three times what our deepest document, an inventory, has.
    package static let jsonDepthMax = 64
    /// Names and values in a JSON text: a page of the journal at its limits has some hundred thousand. Sixteen bytes of
    /// memory each.
    package static let jsonValuesMax = 1 << 21
    /// Characters of a stranger's text that an error quotes.
    package static let excerptCharactersMax = 64
}
