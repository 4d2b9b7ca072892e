/// Which part of a job's output is kept when it is more than its log may hold.
package enum LogKeep: String, Codable, Sendable, CaseIterable {
    /// The last bytes; the oldest go. The default: the end says why a job failed, and whoever follows has seen the rest.
    case end
    /// The first bytes; what follows is dropped and counted.
    case beginning
}
