/// Seconds and nanoseconds, turned into each other in one place.
package enum Nanoseconds {
    package static let inSecond: UInt64 = 1_000_000_000

    /// The most that 64 bits hold (584 years) where it would be more.
    package static func of(seconds: UInt64) -> UInt64 { seconds.saturatingProduct(inSecond) }

    // bounded: by a constant that is not 0
    package static func wholeSeconds(in nanoseconds: UInt64) -> UInt64 { nanoseconds / inSecond }
}
