import GCXLinux
import Glibc
import Support
import Testing

/// A small internet in network namespaces of this machine, see the script Tests/Fixtures/Reach/internet: a buyer behind a router and
/// a bad line, a provider behind two routers, two relays, and a ledger.
final class Internet: Sendable {
    enum Host: String, CaseIterable {
        case relay1, relay2, ledger, buyer, provider

        /// Of those that have an address that everybody reaches.
        var address: String? {
            switch self {
            case .relay1: "198.51.100.11"
            case .relay2: "198.51.100.12"
            case .ledger: "198.51.100.13"
            case .buyer, .provider: nil
            }
        }
    }

    private let name: String

    /// - Parameter loss: of the packets on the buyer's line, each way.
    init(loss: String = "0.05") throws {
        // Names of network devices are short, and those of namespaces may be.
        name = "gcx-\(getpid())-\(UInt16.random(in: 0...UInt16.max))"
        try Self.script(["up", name], ["REACH_LOSS": loss])
    }

    deinit { try? Self.script(["down", name]) }

    func namespace(of host: Host) -> String { "/run/netns/\(name)-\(host)" }

    /// The provider's outer router gets another address.
    func move() throws { try Self.script(["move", name]) }

    /// The provider's own machine gets another address.
    func renumber() throws { try Self.script(["renumber", name]) }

    /// Whether a gigabyte passes the bad line in minutes: it takes a sender who does not take each lost packet for a full line.
    static let hasFastSender: Bool = {
        _ = try? ChildProcess("modprobe", ["-q", "tcp_bbr"]).run()
        return Files.textIfThere("/proc/sys/net/ipv4/tcp_available_congestion_control")?.contains("bbr") ?? false
    }()

    private static func script(_ arguments: [String], _ variables: [String: String] = [:]) throws {
        let environment = ChildProcess.plainEnvironment.merging(variables) { $1 }
        try ChildProcess(
            "\(Gcx.repository)/Tests/Fixtures/Reach/internet", arguments, environment: environment,
            timeout: .seconds(30)
        ).run()
    }
}
