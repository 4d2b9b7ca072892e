extension Inventory {
    /// A fact on which two sources disagree. It is shown, not hidden: which one is right is for a measurement to say.
    package struct Contradiction: Codable, Equatable, Sendable {
        package enum Fact: String, Codable, Sendable {
            case memoryBytes
            case puCount
            case clockKilohertz
            case virtualisation
            case lastLevelCacheBytes
            case pciDeviceCount
        }

        /// What one source says.
        package struct Claim: Codable, Equatable, Sendable {
            package var source: String
            package var value: String

            package init(source: String, value: String) {
                self.source = source
                self.value = value
            }
        }

        package var fact: Fact
        package var claims: [Claim]
        /// The source the inventory's own figures follow; nil when it follows none.
        package var trusted: String?
        /// Why they may differ, in a sentence.
        package var explanation: String

        package init(fact: Fact, claims: [Claim], trusted: String?, explanation: String) {
            self.fact = fact
            self.claims = claims
            self.trusted = trusted
            self.explanation = explanation
        }
    }
}
