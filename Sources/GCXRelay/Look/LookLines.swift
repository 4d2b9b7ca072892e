package import GCXModel
package import GCXWire

/// What a machine and a relay say to each other when the relay is to look from outside, each on a line of its own:
///
/// ```
/// machine: gcx-look/1
/// relay:   {"at":1764460800,"from":"203.0.113.7:51234"}
/// machine: {"ports":[{"port":8443,"word":"…"}]}
/// relay:   {"ports":[{"port":8443,"outcome":"open"}]}   or   {"ports":[],"problem":{…},"refusal":"…"}, and the end
/// ```
/// The relay dials nobody but whoever asks: each port at the address that the question came from.
package enum LookLines {
    /// The first line of a machine, and the protocol's name in ALPN.
    package static let greeting = RelayWire.look
    static let greetingLine = Array(greeting.utf8) + [RegistrationLines.newline]

    package typealias Sight = LookSight
    package typealias Wish = LookWish
    package typealias WantedPort = GCXWire.WantedPort
    package typealias TriedPort = GCXWire.TriedPort
    package typealias Answer = LookAnswer
    package typealias Outcome = LookOutcome

    /// The word as the relay says it.
    package static func line(of word: Digest) -> [UInt8] { Array("\(word)".utf8) + [RegistrationLines.newline] }
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
