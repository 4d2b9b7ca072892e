package import GCXModel

/// What a machine and a relay say to each other when the relay is to look from outside, each on a line of its own:
///
/// ```
/// machine: gcx-look/1
/// relay:   {"at":1764460800,"from":"203.0.113.7:51234"}
/// machine: {"ports":[{"port":8443,"word":"…"}]}
/// relay:   {"ports":[{"port":8443,"outcome":"open"}]}   or   {"ports":[],"refusal":"…"}, and the end
/// ```
/// The relay dials nobody but whoever asks: each port at the address that the question came from.
package enum LookLines {
    /// The first line of a machine, and the protocol's name in ALPN.
    package static let greeting = "gcx-look/1"
    static let greetingLine = Array(greeting.utf8) + [RegistrationLines.newline]

    /// What the relay sees.
    package struct Sight: Codable, Equatable, Sendable {
        /// Unix seconds of the relay's clock.
        package var at: UInt64
        /// Where the connection comes from, `ADDRESS:PORT`.
        package var from: Untrusted
    }

    /// What the relay is to try.
    package struct Wish: Codable, Equatable, Sendable {
        /// ``LookLimits/portsMax`` at the most.
        package var ports: [WantedPort]
    }

    package struct WantedPort: Codable, Equatable, Sendable {
        package var port: UInt16
        /// What the relay says there on a line, so that whoever listens knows who came; nil says nothing, as to a server that speaks
        /// TLS. Digits alone, so that nobody's service takes them for an order.
        package var word: Digest?

        package init(port: UInt16, word: Digest? = nil) { (self.port, self.word) = (port, word) }
    }

    package struct Answer: Codable, Equatable, Sendable {
        package var ports: [TriedPort]
        /// Why nothing was tried.
        package var refusal: Untrusted?
    }

    package struct TriedPort: Codable, Equatable, Sendable {
        package var port: UInt16
        package var outcome: Outcome
    }

    /// The word as the relay says it.
    package static func line(of word: Digest) -> [UInt8] { Array("\(word)".utf8) + [RegistrationLines.newline] }

    /// What became of a connection to a port.
    package enum Outcome: String, Codable, Sendable {
        /// Somebody takes connections there.
        case open
        /// The address answers, and nobody listens there.
        case refused
        /// Nothing came back in time: something on the way lets nothing in.
        case silent
        /// The relay knows no way there.
        case unreachable
    }
}

/// The bounds of looking from outside.
package enum LookLimits {
    /// Ports of one question: an agent's own, and some that it publishes.
    package static let portsMax = 8
    /// How long a connection to a port may take: a way around the world, and two packets lost.
    package static let dialTime: Duration = .seconds(4)
    /// How long the whole of it may take.
    package static let lookTime: Duration = .seconds(10)
    /// How often, and after what pause, a word is looked for that may come behind the relay's answer.
    static let wordLooks = 20
    static let wordPause: Duration = .milliseconds(50)
}
