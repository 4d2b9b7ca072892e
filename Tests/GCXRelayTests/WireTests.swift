import Foundation
import GCXModel
import GCXRelay
import GCXSigning
import GCXWire
import Testing

/// What a running relay says, held against `Config/openapi.json`.
@Suite(.timeLimit(.minutes(1))) struct WireTests {
    private typealias Object = [String: Any]

    private func document() throws -> Object {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: root + "/Config/openapi.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? Object)
    }

    /// The schemas of a talk's lines behind its name, in their order.
    private func lines(of talk: String) throws -> [(from: String, members: Set<String>, required: Set<String>)] {
        let document = try document()
        let relay = try #require(document["x-gcx-relay"] as? Object)
        let talks = try #require(relay["talks"] as? [Object])
        let found = try #require(talks.first { $0["alpn"] as? String == talk }?["lines"] as? [Object])
        let components = try #require((document["components"] as? Object)?["schemas"] as? Object)
        return try found.dropFirst().map { line in
            let reference = try #require((line["schema"] as? Object)?["$ref"] as? String)
            let schema = try #require(components[String(reference.split(separator: "/").last ?? "")] as? Object)
            return (
                line["from"] as? String ?? "", Set((schema["properties"] as? Object ?? [:]).keys),
                Set(schema["required"] as? [String] ?? [])
            )
        }
    }

    private func members(_ line: [UInt8]) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(line)) as? Object
        return Set(try #require(object, "\(String(decoding: line, as: UTF8.self))").keys)
    }

    @Test("a registration goes as the document says, and a refusal is a problem with a code and a remedy")
    func registration() async throws {
        let relay = try await RunningRelay()
        let (port, key) = (relay.port, PrivateKey.generate())
        let said = try await onThread { () -> (challenge: [UInt8], verdict: [UInt8]) in
            let machine = try RawConnection(to: port)
            defer { machine.close() }
            machine.write(Array("\(RelayWire.registration)\n".utf8))
            let challenge = machine.read(4_096)
            let asked = try RegistrationLines.read(challenge.dropLast(), as: RelayChallenge.self)
            let document = RelayRegistration(relay: asked.relay, machine: key.address, nonce: .zero, at: asked.at)
            let signed = Signed(document, by: key, in: RegistrationLines.domain)
            machine.write(Array(try JSONEncoder().encode(signed)) + [10])
            return (challenge, machine.readToEnd())
        }
        await relay.stop()
        let lines = try lines(of: RelayWire.registration)
        try #require(lines.map(\.from) == ["relay", "machine", "relay"])
        #expect(try members(said.challenge) == lines[0].required)
        #expect(try members(said.verdict) == ["refusal", "problem"])
        #expect(lines[2].members == ["name", "refusal", "problem"])
        let verdict = try RegistrationLines.read(said.verdict.dropLast(), as: RelayVerdict.self)
        #expect(verdict.problem?.code == "otherNonce" && verdict.problem?.type == "urn:gcx:problem:otherNonce")
        #expect(verdict.problem?.detail == verdict.refusal && verdict.problem?.remedy.kind == .refuse)
    }

    @Test("a look goes as the document says")
    func look() async throws {
        let relay = try await RunningRelay()
        let port = relay.port
        let said = try await onThread { () -> (sight: [UInt8], answer: [UInt8]) in
            let machine = try RawConnection(to: port)
            defer { machine.close() }
            machine.write(Array("\(RelayWire.look)\n".utf8))
            let sight = machine.read(4_096)
            machine.write(Array(#"{"ports":[{"port":0}]}"#.utf8) + [10])
            return (sight, machine.readToEnd())
        }
        await relay.stop()
        let lines = try lines(of: RelayWire.look)
        try #require(lines.map(\.from) == ["relay", "machine", "relay"])
        #expect(try members(said.sight) == lines[0].required)
        #expect(try members(said.answer) == lines[2].members)
        let answer = try RegistrationLines.read(said.answer.dropLast(), as: LookAnswer.self)
        #expect(answer.problem?.code == "lineMalformed" && answer.problem?.remedy.instruction != nil)
    }
}
