import GCXModel

extension Configuration {
    /// Everything that is wrong with values that are fine one by one.
    package func validate() -> [ConfigProblem] {
        listening + consistency + images + networking
    }

    private var images: [ConfigProblem] {
        var problems: [ConfigProblem] = []
        for (name, rules) in [("image.allow", image.allow), ("image.deny", image.deny)] {
            for rule in rules where ImageRule(rule) == nil {
                problems.append(
                    ConfigProblem(
                        name, "holds “\(rule)”, which names no images.",
                        "Give HOST[:PORT][/PATH], with @sha256:HEX or without, sha256:HEX, or *."))
            }
        }
        for registry in image.insecureRegistries
        where (try? RegistryReference("docker://\(registry)/x"))?.registry != registry {
            problems.append(
                ConfigProblem(
                    "image.insecure_registries", "holds “\(registry)”, which is no registry.", "Give HOST[:PORT]."))
        }
        for (name, path) in [("image.auth_file", image.authFile), ("image.policy_file", image.policyFile)]
        where !path.isEmpty && !path.hasPrefix("/") {
            problems.append(
                ConfigProblem(
                    name, "is “\(path)”, which depends on where the program is started.", "Give a path from /."))
        }
        return problems
    }

    private var networking: [ConfigProblem] {
        var problems: [ConfigProblem] = []
        let pool = IPv4Network(network.pool)
        let isPrivate = Self.privateNetworks.contains { $0.contains(pool?.first ?? .init(bits: 0)) }
        if pool.map({ !isPrivate || !(8...28).contains($0.prefix) }) ?? true {
            problems.append(
                ConfigProblem(
                    "network.pool", "is “\(network.pool)”, no private IPv4 network of /8 to /28.",
                    "Give one like 10.213.0.0/16."))
        }
        if network.publishPortFirst > network.publishPortLast {
            problems.append(
                ConfigProblem(
                    "network.publish_port_first", "is \(network.publishPortFirst), beyond publish_port_last.",
                    "Give at most \(network.publishPortLast)."))
        }
        return problems
    }

    /// RFC 1918 and RFC 6598.
    private static let privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
        .compactMap { IPv4Network($0) }

    private var consistency: [ConfigProblem] {
        var problems: [ConfigProblem] = []
        if offer.leaseSecondsMin > offer.leaseSecondsMax {
            problems.append(
                ConfigProblem(
                    "offer.lease_seconds_min", "is \(offer.leaseSecondsMin), more than lease_seconds_max.",
                    "Give at most \(offer.leaseSecondsMax)."))
        }
        if offer.receiptSeconds > offer.leaseSecondsMax {
            problems.append(
                ConfigProblem(
                    "offer.receipt_seconds", "is \(offer.receiptSeconds), longer than the longest lease.",
                    "Give at most \(offer.leaseSecondsMax)."))
        }
        if offer.signSeconds > 0, offer.signSeconds < Limits.signSecondsMin {
            problems.append(
                ConfigProblem(
                    "offer.sign_seconds", "is \(offer.signSeconds), and signs are a second apart at least.",
                    "Give \(Limits.signSecondsMin) or more, or 0 for an offer that needs none."))
        }
        if !ledger.currencySymbol.isEmpty, ledger.currency == nil {
            problems.append(
                ConfigProblem(
                    "ledger.currency_symbol", "is “\(ledger.currencySymbol)”, which names no currency.",
                    "Give \(Currency.symbolForm)."))
        }
        for (name, path) in [
            ("agent.state_directory", agent.stateDirectory), ("machine.keystore", machine.keystore),
            ("ledger.database", ledger.database),
        ] where !path.hasPrefix("/") {
            problems.append(
                ConfigProblem(
                    name, "is “\(path)”, which depends on where the program is started.", "Give a path from /."))
        }
        for url in job.inputURLsAllow
        where !url.hasPrefix("https://") || !url.dropFirst(8).contains("/") || url.hasPrefix("https:///") {
            problems.append(
                ConfigProblem(
                    "job.input_urls_allow", "has “\(url)”, which names no place on an https server.",
                    "Give https://HOST/ with a slash after the host, so that no other host begins with it."))
        }
        return problems
    }
}
