import GCXModel
import Testing

@testable import GCXConfig

@Suite("Reading a configuration again")
struct ReloadTests {
    @Test("what is read each time is taken at once; what the start decided waits for the next; the rest is not ours")
    func agent() {
        let running = Configuration()
        var new = running
        new.price.coreHour = Amount(7)
        new.agent.logLevel = "debug"
        new.job.stopGraceSeconds = 3
        new.agent.listen = ["unix:/elsewhere"]
        new.network.egressEnabled = true
        new.ledger.database = "/other.sqlite"
        let reload = running.reload(new, in: .agent)
        #expect(reload.changed == ["agent.log_level", "price.core_hour_base_units", "job.stop_grace_seconds"])
        #expect(reload.waiting == ["agent.listen", "network.egress_enabled"])
        var adopted = new
        adopted.agent.listen = running.agent.listen
        adopted.network.egressEnabled = false
        #expect(reload.adopted == adopted)
        // What waits is said again, however often the file is read; what was taken is no news any more.
        let again = reload.adopted.reload(new, in: .agent)
        #expect(again.changed.isEmpty && again.waiting == reload.waiting)
    }

    @Test("the ledger takes the log level, waits with what is its own, and says nothing of the agent's keys")
    func ledger() {
        let running = Configuration()
        var new = running
        new.agent.logLevel = "error"
        new.ledger.testNetwork = true
        new.price.coreHour = Amount(7)
        let reload = running.reload(new, in: .ledger)
        #expect(reload.changed == ["agent.log_level"] && reload.waiting == ["ledger.test_network"])
        #expect(!reload.adopted.ledger.testNetwork)
    }

    @Test("every key is somebody's, and each new value reaches the running configuration or is named")
    func everyKey() throws {
        for key in ConfigurationKey.all {
            let owners = [ConfiguredProgram.agent, .ledger, .relay].filter { key.change(in: $0) != .ofOther }
            #expect(!owners.isEmpty, "\(key.path)")
        }
        #expect(Configuration().reload(Configuration(), in: .agent) == ConfigurationReload(adopted: Configuration()))
    }
}
