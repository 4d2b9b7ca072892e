/// The bounds and patience of a machine that is reached through relays.
package struct LinkLimits: Equatable, Sendable {
    /// Relays that a machine is connected to at once: when one dies, buyers find it through the other.
    package var kept = 2
    /// How long dialling, and registering after it, may take.
    package var dialTime: Duration = .seconds(10)
    /// A relay that answers no ping for two of these is gone. After an address change or a sleep the link is back within
    /// this twice, and a second.
    package var pingPause: Duration = .seconds(5)
    /// How often the machine's own address is looked for: without it the connection is dead already.
    package var addressPause: Duration = .seconds(2)
    /// The wait before the next attempt doubles from the first to the last of these; a random half of it is left out, so that the
    /// machines of a relay that comes back do not all dial at once: of the most that one takes, some four hundred do in a second.
    /// While no relay is there nobody reaches the machine, so it does not wait for long.
    package var backoff: ClosedRange<Duration> = .milliseconds(500)...(.seconds(15))  // bounded: constants
    /// A connection that lived this long was a good one: the next attempt begins with the shortest wait.
    package var provenAfter: Duration = .seconds(30)
    /// Connections of buyers that one relay may pass on at once.
    package var streamsMax = 256

    package init() {}

    /// Relays that one machine may name.
    package static let relaysMax = 8
}
