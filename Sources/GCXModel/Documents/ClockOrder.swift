/// The operator's word on what time it is, for one place in the journal. Signed by the ledger's operator.
///
/// It is the one entry that may set the ledger's time back, and the one that a jump of the machine's clock does not stop.
package struct ClockOrder: Codable, Equatable, Hashable, Sendable {
    /// Unix seconds that the ledger goes on from.
    package var time: UInt64
    /// The index that the entry is for, so that it is good once.
    package var position: UInt64
    /// For people; may be empty.
    package var reason: Untrusted

    package init(time: UInt64, position: UInt64, reason: Untrusted) {
        self.time = time
        self.position = position
        self.reason = reason
    }
}
