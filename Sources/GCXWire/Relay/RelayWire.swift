package import GCXModel

/// What relays and machines say to each other, as bytes.
package enum RelayWire {
    /// The first line of a machine that registers, and the protocol's name in ALPN.
    package static let registration = "gcx-relay/1"
    /// The same of whoever wants to be looked at from outside.
    package static let look = "gcx-look/1"
    /// Bytes of one line: the longest of ours has some 1,200.
    package static let lineBytesMax = 2 << 10
    /// With the CONNECT of a stream: where the buyer comes from, `ADDRESS:PORT`, in the relay's word.
    package static let peerHeader = "gcx-peer"
}

/// What a relay asks a machine to sign.
package struct RelayChallenge: Codable, Equatable, Sendable {
    package var relay: Untrusted
    package var nonce: Digest
    /// Unix seconds of the relay's clock.
    package var at: UInt64

    package init(relay: Untrusted, nonce: Digest, at: UInt64) {
        (self.relay, self.nonce, self.at) = (relay, nonce, at)
    }
}

/// Whether a relay takes the machine.
package struct RelayVerdict: Codable, Equatable, Sendable {
    /// The name under which buyers ask for the machine.
    package var name: String?
    /// Why not.
    package var refusal: Untrusted?
    /// The same for programs; nil from a relay older than the form.
    package var problem: RelayProblem?

    package init(name: String? = nil, refusal: Untrusted? = nil, problem: RelayProblem? = nil) {
        (self.name, self.refusal, self.problem) = (name, refusal, problem)
    }
}

/// A problem of RFC 9457 on a line, with members of ours as in ``ErrorEnvelope``.
package struct RelayProblem: Codable, Equatable, Sendable {
    package var type: String
    package var title: String
    package var detail: Untrusted
    /// What programs compare.
    package var code: String
    package var remedy: WireRemedy

    package init(code: String, _ error: some RemediedError) {
        self.code = code
        (type, title) = (ProblemWire.type(code), ProblemWire.title(code))
        (detail, remedy) = (Untrusted(error.description), WireRemedy(error.remedy))
    }
}

/// What a relay sees of whoever wants to be looked at.
package struct LookSight: Codable, Equatable, Sendable {
    /// Unix seconds of the relay's clock.
    package var at: UInt64
    /// Where the connection comes from, `ADDRESS:PORT`.
    package var from: Untrusted

    package init(at: UInt64, from: Untrusted) { (self.at, self.from) = (at, from) }
}

/// What the relay is to try.
package struct LookWish: Codable, Equatable, Sendable {
    /// Eight at the most.
    package var ports: [WantedPort]

    package init(ports: [WantedPort]) { self.ports = ports }
}

/// A port that the relay is to dial, at the address that the question came from.
package struct WantedPort: Codable, Equatable, Sendable {
    package var port: UInt16
    /// What the relay says there on a line, so that whoever listens knows who came; nil says nothing, as to a server that speaks
    /// TLS. Digits alone, so that nobody's service takes them for an order.
    package var word: Digest?

    package init(port: UInt16, word: Digest? = nil) { (self.port, self.word) = (port, word) }
}

/// What became of a look.
package struct LookAnswer: Codable, Equatable, Sendable {
    package var ports: [TriedPort]
    /// Why nothing was tried.
    package var refusal: Untrusted?
    /// The same for programs; nil from a relay older than the form.
    package var problem: RelayProblem?

    package init(ports: [TriedPort], refusal: Untrusted? = nil, problem: RelayProblem? = nil) {
        (self.ports, self.refusal, self.problem) = (ports, refusal, problem)
    }
}

/// A port that the relay dialled.
package struct TriedPort: Codable, Equatable, Sendable {
    package var port: UInt16
    package var outcome: LookOutcome

    package init(port: UInt16, outcome: LookOutcome) { (self.port, self.outcome) = (port, outcome) }
}

/// What became of a connection to a port.
package enum LookOutcome: String, Codable, CaseIterable, Sendable {
    /// Somebody takes connections there.
    case open
    /// The address answers, and nobody listens there.
    case refused
    /// Nothing came back in time: something on the way lets nothing in.
    case silent
    /// The relay knows no way there.
    case unreachable
}
