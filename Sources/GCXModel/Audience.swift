/// For whom texts are written: what money is called for him, and what his clock shows.
///
/// A program that speaks to one person binds it once, for its whole run; whoever writes a text asks ``current``. Where nobody
/// has said anything, money is in base units and times are in UTC, as in files, logs and what is sent to others.
///
/// ```swift
/// try await Audience.$current.withValue(Audience(currency: .test)) { try await command.run() }
/// ```
package struct Audience: Sendable {
    /// Nil where it is not known: base units then.
    package var currency: Currency?
    /// Seconds that a clock on the wall is ahead of UTC at a moment, Unix seconds.
    package var secondsEast: @Sendable (UInt64) -> Int64
    /// Whether ids stand whole in tables, whatever the room.
    package var hasWholeIDs: Bool

    package init(
        currency: Currency? = nil, hasWholeIDs: Bool = false,
        secondsEast: @escaping @Sendable (UInt64) -> Int64 = { _ in 0 }
    ) {
        (self.currency, self.hasWholeIDs, self.secondsEast) = (currency, hasWholeIDs, secondsEast)
    }

    @TaskLocal package static var current = Audience()
}
