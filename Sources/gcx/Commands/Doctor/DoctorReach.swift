import ArgumentParser
import GCXConfig
import GCXModel
import GCXRelay
import GCXWire

/// `gcx doctor reach`: what gets to this machine from outside, by a relay's word.
struct DoctorReach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reach",
        abstract: "Ask relays how this machine looks from outside, and say why what does not work.",
        discussion: """
            Each relay is asked over IPv4 and over IPv6. It says where it sees this machine and what its clock shows, and dials the \
            ports: where the agent answers, and the first one for jobs that publish ports. A port on which nobody listens now is \
            listened to meanwhile, so that the relay's word can be believed.
            """)

    @Option(help: "The configuration file.")
    var config = Installed.path

    @Option(help: "A relay to ask, HOST:PORT#0xRELAY; may be repeated. Without it those in agent.relays are asked.")
    var relay: [NamedRelay] = []

    @Option(help: "A port of this machine; may be repeated. Without it those of the configuration are tried.")
    var port: [UInt16] = []

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try? Configuration.load(path: config)
        let relays = relay.isEmpty ? try (settings?.agent.relays ?? []).map { try NamedRelay($0) } : relay
        guard !relays.isEmpty else {
            throw CommandError(
                "no relay is named, and nobody else can look from outside",
                fix: "Give --relay HOST:PORT#0xRELAY, or set agent.relays in \(config).")
        }
        let ports = port.isEmpty ? Self.ports(of: settings) : port
        guard ports.count <= LookLimits.portsMax else {
            throw CommandError(
                "\(ports.count) ports are more than a relay tries at once",
                fix: "Name \(LookLimits.portsMax) at the most.")
        }
        let findings = await ReachChecks(relays: relays, ports: ports).all()
        if output.json {
            try Terminal.json(findings)
        } else {
            for line in findings.flatMap({ $0.lines(width: Terminal.tableWidth) }) { Terminal.say(line) }
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(78) }
    }

    /// The agent's own for other machines, and the first for published ones.
    private static func ports(of settings: Configuration?) -> [UInt16] {
        guard let settings else { return [] }
        let own = settings.agent.listen.compactMap { place -> UInt16? in
            guard case .secure(let place) = try? Endpoint(place) else { return nil }
            return place.port
        }
        let published = settings.network.egressEnabled ? [UInt16(clamping: settings.network.publishPortFirst)] : []
        return own + published  // bounded: joins lists
    }
}
