import Support
import Testing

@Suite("A driver behind the helper's socket, as all drivers")
struct ConformanceTests {
    @Test("it conforms", .timeLimit(.minutes(1)), arguments: DriverConformance.scenarios)
    func conforms(_ scenario: DriverScenario) throws { try scenario.run(try BehindSocket()) }
}
