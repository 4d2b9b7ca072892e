import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import GCXWire

/// A place where one of the parties answers, and the key that has to answer there.
struct DemoPlace: Encodable, Sendable {
    let party: String
    /// As it is named by who calls: `https://HOST:PORT#0xKEY`.
    let url: String
    /// The machine's key, or the operator's.
    let key: Address
    private let place: SecurePlace

    init(_ party: DemoParty, _ place: SecurePlace, key: Address) {
        self.party = party.name
        (self.place, self.key) = (place, key)
        url = "https://\(place)#\(key.checksummed)"
    }

    /// One handshake, in which nothing but TLS 1.3 is offered and no authority counts: whoever answers has to have his certificate
    /// bound by the key.
    func prove() async throws -> EndpointBinding {
        let server = try await Handshake.prove(
            host: place.host, port: place.port, as: BindingExpectation(signer: key), at: WallClock.seconds())
        return server.binding.document
    }

    fileprivate var end: ConnectionTable.End? {
        IPv4Address(place.host).map { ConnectionTable.End($0, place.port) }
    }

    private enum CodingKeys: CodingKey { case party, url, key }
}

/// Who spoke to whom, by the kernel's table of connections.
struct DemoWire: Encodable, Sendable {
    /// A connection that stood at some moment.
    struct Line: Encodable, Hashable, Sendable {
        /// The party at whose address it began; an address where it is nobody's.
        let from: String
        let fromAddress: String
        let to: String
        let toAddress: String
    }

    let places: [DemoPlace]
    private(set) var lines: Set<Line> = []
    /// Names by address.
    private let names: [String: String]

    init(_ parties: [DemoParty], _ places: [DemoPlace]) {
        self.places = places
        names = Dictionary(parties.map { ($0.address, $0.name) }) { first, _ in first }
    }

    /// Notes the connections to the places that stand now. Cost: one read of a file of the kernel.
    mutating func look() {
        guard let now = try? ConnectionTable.read() else { return }
        for place in places {
            for connection in now where connection.other == place.end {
                let from = "\(connection.own.address)"
                lines.insert(
                    Line(
                        from: names[from] ?? from, fromAddress: from, to: place.party,
                        toAddress: "\(connection.other.address):\(connection.other.port)"))
            }
        }
    }

    /// - Parameter bindings: of each place, in their order.
    func fields(_ bindings: [EndpointBinding]) -> TextFields {
        var fields = TextFields()
        for line in lines.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
            fields.add(line.from, "\(line.fromAddress) to \(line.to), \(line.toAddress)")
        }
        for (place, binding) in zip(places, bindings) {
            fields.add(
                place.party,
                "TLS 1.3, with a certificate that \(place.key.checksummed) has bound until "
                    + RFC3339.moment(binding.notAfter))
        }
        return fields
    }

    private enum CodingKeys: CodingKey { case places, lines }
}
