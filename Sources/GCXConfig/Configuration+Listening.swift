import GCXModel

extension Configuration {
    /// What is wrong with the places where something listens or is called: what is taken here, servers and clients take too.
    var listening: [ConfigProblem] {
        // bounded: joins lists
        places("agent.listen", agent.listen) + places("ledger.listen", ledger.listen) + owners + reached + relays
            + called
            + certificate("agent", agent.certificate, agent.certificateKey)
            + certificate("ledger", ledger.certificate, ledger.certificateKey)
    }

    private func places(_ key: String, _ places: [String]) -> [ConfigProblem] {
        if places.isEmpty { return [ConfigProblem(key, "names no place.", Self.remedy)] }
        return places.filter { !Self.isLocal($0) && !Self.isSecure($0) }.map {
            ConfigProblem(key, Self.flaw($0), Self.remedy)
        }
    }

    /// The owner is whom the kernel names, so the commands of this machine come in without TLS.
    private var owners: [ConfigProblem] {
        guard !agent.listen.isEmpty, agent.listen.allSatisfy(Self.isSecure) else { return [] }
        return [
            ConfigProblem(
                "agent.listen", "names no place on this machine, where its owner's commands come in.",
                "Add unix:/run/gcx/agent.sock to the list.")
        ]
    }

    private var reached: [ConfigProblem] {
        var problems = agent.reachedAt.filter { !Self.isSecure($0) }.map {
            ConfigProblem(
                "agent.reached_at", "holds “\($0)”, which other machines do not reach.", "Give https://HOST:PORT.")
        }
        if !agent.reachedAt.isEmpty, !agent.listen.contains(where: Self.isSecure) {
            problems.append(
                ConfigProblem(
                    "agent.reached_at", "is set, and the agent listens nowhere with TLS.",
                    "Add https://0.0.0.0:PORT to agent.listen."))
        }
        return problems
    }

    private func certificate(_ table: String, _ certificate: String, _ key: String) -> [ConfigProblem] {
        guard certificate.isEmpty != key.isEmpty else { return [] }
        return [
            ConfigProblem(
                "\(table).certificate", "and \(table).certificate_key go together, and one of them is empty.",
                "Name both files, or none.")
        ]
    }

    private var relays: [ConfigProblem] {
        var problems = agent.relays.filter { relay in
            let parts = relay.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let signer = parts.dropFirst().first.map(String.init) ?? ""
            return !Self.isSecure("https://\(parts.first ?? "")") || !signer.hasPrefix("0x") || Address(signer) == nil
        }.map {
            ConfigProblem(
                "agent.relays", "holds “\($0)”, which does not say whose relay is where.",
                "Give HOST:PORT#0x…, with the address of the relay's key.")
        }
        if agent.relays.count > Self.relaysMax {
            let count = NumberText.count(agent.relays.count, "relay")
            problems.append(ConfigProblem("agent.relays", "names \(count).", "Name \(Self.relaysMax) at the most."))
        }
        return problems
    }

    /// A machine keeps two; the others are for when those end.
    private static let relaysMax = 8

    private var called: [ConfigProblem] {
        guard ledger.endpoint.hasPrefix("https://") else {
            return Self.isLocal(ledger.endpoint)
                ? [] : [ConfigProblem("ledger.endpoint", Self.flaw(ledger.endpoint), Self.remedy)]
        }
        let parts = ledger.endpoint.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let signer = parts.dropFirst().first.map(String.init) ?? ""
        guard Self.isSecure(parts.first.map(String.init) ?? ""), signer.hasPrefix("0x"), Address(signer) != nil else {
            return [
                ConfigProblem(
                    "ledger.endpoint", "is “\(ledger.endpoint)”, which does not say whose server has to answer where.",
                    "Give https://HOST:PORT#0x…, with the address of the ledger's operator.")
            ]
        }
        return []
    }

    private static func flaw(_ place: String) -> String {
        "is “\(place)”, and nothing here speaks beyond this machine without TLS."
    }

    private static let remedy =
        "Give unix:/PATH, http://127.0.0.1:PORT, http://[::1]:PORT, http://localhost:PORT or https://HOST:PORT."

    private static func isLocal(_ endpoint: String) -> Bool {
        if endpoint.hasPrefix("unix:/") {
            let path = endpoint.dropFirst("unix:".count)
            return !path.hasSuffix("/") && path.utf8.count <= socketPathBytesMax && path.utf8.allSatisfy { $0 != 0 }
        }
        return ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"].contains { prefix in
            endpoint.hasPrefix(prefix) && UInt16(digits: endpoint.dropFirst(prefix.count)).map { $0 > 0 } == true
        }
    }

    /// Whether it has the form; what is no name of a host is found where it is listened at.
    private static func isSecure(_ endpoint: String) -> Bool {
        guard endpoint.hasPrefix("https://") else { return false }
        let rest = endpoint.dropFirst("https://".count)
        guard let colon = rest.lastIndex(of: ":"), colon > rest.startIndex,
            let port = UInt16(digits: rest[colon...].dropFirst()), port > 0
        else { return false }
        return rest[..<colon].utf8.allSatisfy { byte in
            (48...58).contains(byte) || (97...122).contains(byte) || "-.[]".utf8.contains(byte)
        }
    }

    /// Bytes of a unix socket's path, without its final zero (unix(7): 108 with it).
    private static let socketPathBytesMax = 107
}

extension Configuration.Agent {
    /// Where the commands of this machine find the agent.
    package var ownDoor: String { listen.first { !$0.hasPrefix("https://") } ?? "" }

    /// Where buyers are told that the agent answers: the straight ways, then those through relays.
    package var told: [String] {
        let plain = listen.filter { !$0.hasPrefix("https://") }
        let relayed = relayPlaces.map { "relay://\($0)" }
        // bounded: joins lists
        return plain + (reachedAt.isEmpty ? Configuration.reachable(listen) : reachedAt) + relayed
    }

    /// `HOST:PORT` of each relay.
    package var relayPlaces: [String] { relays.map { relay in String(relay.prefix { $0 != "#" }) } }
}

extension Configuration {
    /// Those of the places that another machine may reach: “all addresses of this machine” is nowhere on another one.
    package static func reachable(_ places: [String]) -> [String] {
        places.filter { place in
            place.hasPrefix("https://") && !["0.0.0.0", "[::]"].contains { place.hasPrefix("https://\($0):") }
        }
    }
}
