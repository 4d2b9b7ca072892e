import GCXModel
import Hostile
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// Jobs whose code is hostile. Each says what it tried and what stopped it; afterwards nothing outside has changed.
    /// The same attacks run on pure v2 control groups in the virtual machine.
    @Suite("A hostile job")
    struct HostileJobs {
        static let hasPerl = Files.exists(HostileHost.perl)

        @Test("reaches nothing that is not its own", .enabled(if: hasPerl, "needs perl"))
        func attacks() throws {
            let traces = try Traces.now()
            do {
                let sandbox = try Sandbox()
                let folder = "\(sandbox.root)/host"
                try Files.makeDirectory(folder)
                let host = try HostileHost(root: folder)
                let runner = HostileRunner(sandbox.driver, host)
                let attacks = Attack.all(against: host)
                #expect(attacks.count >= 68)
                for (number, attack) in attacks.enumerated() {
                    let began = BootClock.now()
                    let wrong = try runner.run(attack, number: number)
                    let milliseconds = (BootClock.now() - began) / 1_000_000
                    #expect(wrong.isEmpty, "\(attack.tries), \(milliseconds) ms: \(wrong.joined(separator: "; "))")
                }
            }
            #expect(try Traces.settle(to: traces))
        }

        @Test("leaves to the machine and to other jobs what all have together", .enabled(if: hasPerl, "needs perl"))
        func shared() throws {
            let traces = try Traces.now()
            do {
                let sandbox = try Sandbox()
                let folder = "\(sandbox.root)/host"
                try Files.makeDirectory(folder)
                let runner = SharedRunner(sandbox.driver, try HostileHost(root: folder))
                #expect(SharedObject.all.count >= 30)
                for (number, object) in SharedObject.all.enumerated() {
                    let began = BootClock.now()
                    let (wrong, said) = try runner.run(object, number: number)
                    let milliseconds = (BootClock.now() - began) / 1_000_000
                    #expect(wrong.isEmpty, "\(object.name), \(milliseconds) ms: \(wrong.joined(separator: "; "))")
                    print("flood of \(object.name), \(milliseconds) ms: \(said.split(separator: "\n").last ?? "")")
                }
            }
            #expect(try Traces.settle(to: traces))
        }
    }
}
