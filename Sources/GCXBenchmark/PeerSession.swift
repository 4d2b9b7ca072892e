package import FoundationEssentials
import GCXJSON
package import GCXModel

/// The other end of a run's network figures.
package struct PeerSession: Codable, Equatable, Sendable {
    /// `HOST:PORT` as the user named it.
    package var endpoint: String
    /// The fresh value, 32 bytes in hexadecimal, that ties what the peer says to this run.
    package var nonce: String
    /// What the peer said at the end, as it said it: a JSON document of signed transcripts; nil when it did not answer.
    package var witness: String?

    package init(endpoint: String, nonce: String, witness: String?) {
        self.endpoint = endpoint
        self.nonce = nonce
        self.witness = witness
    }
}

/// What the serving end saw of a session: the output of `gcx-probe peer`.
package struct PeerTally: Codable, Equatable, Sendable {
    /// Bytes and the time they took, at the serving end.
    package struct Transfer: Codable, Equatable, Sendable {
        package var bytes: UInt64
        package var nanoseconds: UInt64

        package init(bytes: UInt64, nanoseconds: UInt64) {
            self.bytes = bytes
            self.nanoseconds = nanoseconds
        }
    }

    /// The client's nonce and the account it measures for, both hexadecimal.
    package var nonce: String
    package var client: String
    /// From the client to here, and the other way, in the order made.
    package var up: [Transfer]
    package var down: [Transfer]

    package init(nonce: String, client: String, up: [Transfer] = [], down: [Transfer] = []) {
        self.nonce = nonce
        self.client = client
        self.up = up
        self.down = down
    }

    package func encoded() throws -> Data { Data(try CanonicalJSON.bytes(self)) }

    package init(decoding data: Data) throws(JSONError) { self = try StrictJSON.decode(Self.self, from: data) }

    /// B/s, the median of the transfers as large as the last one: those before it were for finding how many bytes to move.
    /// Nil without any.
    package static func rate(_ transfers: [Transfer]) -> UInt64? {
        guard let last = transfers.last else { return nil }
        let rates = transfers.filter { $0.bytes == last.bytes && $0.nanoseconds > 0 }
            .map { Double($0.bytes) * 1e9 / Double($0.nanoseconds) }  // bounded: of Doubles, and never of 0 ns
        return Statistics(rates).flatMap { UInt64(exactly: $0.median.rounded(.down)) }
    }
}

/// What the two ends say to each other between the bytes: lines of ASCII.
package enum PeerLine: Equatable, Sendable {
    /// The client's first: its nonce and the account it measures for.
    case hello(nonce: String, client: String)
    /// The answer to `hello`.
    case ready
    /// So many bytes follow from the client.
    case up(UInt64)
    /// So many bytes are to follow from the server.
    case down(UInt64)
    /// All bytes are there.
    case got
    case echo
    /// The client's last; the witness follows.
    case bye

    package static let version = "gcx-bench/1"
    /// With its newline.
    package static let bytesMax = 160

    package var text: String {
        switch self {
        case .hello(let nonce, let client): "\(Self.version) \(nonce) \(client)"
        case .ready: "ready"
        case .up(let bytes): "up \(bytes)"
        case .down(let bytes): "down \(bytes)"
        case .got: "got"
        case .echo: "echo"
        case .bye: "bye"
        }
    }

    /// Nil unless the text is one of the lines, within the limits.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // bounded here: a text has one word or more, and those with more are counted
        let number = words.count == 2 ? UInt64(words[1]) : nil
        switch (words[0], words.count, number) {
        case (Self.version, 3, _):
            guard Self.isHex(words[1], bytes: 32), Self.isHex(words[2], bytes: 20) else { return nil }
            self = .hello(nonce: words[1], client: words[2])
        case ("up", 2, let bytes?) where bytes <= BenchmarkLimits.peerTransferBytesMax: self = .up(bytes)
        case ("down", 2, let bytes?) where bytes <= BenchmarkLimits.peerTransferBytesMax: self = .down(bytes)
        case ("ready", 1, _): self = .ready
        case ("got", 1, _): self = .got
        case ("echo", 1, _): self = .echo
        case ("bye", 1, _): self = .bye
        default: return nil
        }
    }

    /// `0x` and two digits a byte.
    private static func isHex(_ word: String, bytes: Int) -> Bool {
        // bounded: of two constants
        word.hasPrefix("0x") && word.utf8.count == 2 + 2 * bytes && word.dropFirst(2).allSatisfy(\.isHexDigit)
    }
}
