import Foundation
import GCXModel
import GCXRelay
import GCXSigning
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct RelayTests {
    @Test("what a buyer sends comes out at the machine, and the answer comes back, byte for byte")
    func echo() async throws {
        let (relay, origin) = (try await RunningRelay(), try Origin.echo())
        let link = try RunningLink(to: [relay.address], serving: origin.port)
        await link.connected()
        let hello = HelloBytes(name: link.name, protocols: ["h2"]).records()
        let port = relay.port
        let answer = try await onThread {
            let buyer = try RawConnection(to: port)
            defer { buyer.close() }
            buyer.write(hello + [1, 2, 3])
            buyer.endOutput()
            return buyer.readToEnd()
        }
        #expect(answer == hello + [1, 2, 3])
        let standing = await relay.relay.standing()
        #expect(standing?.bytesByMachine.values.first == UInt64(2 * (hello.count + 3)))
        await link.stop()
        await relay.stop()
    }

    @Test("a name that nobody registered, none, and what is no TLS are answered with an alert")
    func refused() async throws {
        let relay = try await RunningRelay()
        let port = relay.port
        func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
            try await onThread {
                let buyer = try RawConnection(to: port)
                defer { buyer.close() }
                buyer.write(bytes)
                return buyer.readToEnd()
            }
        }
        let stranger = HelloBytes(name: String(repeating: "0", count: 40), protocols: []).records()
        #expect(try await ask(stranger) == [21, 3, 3, 0, 2, 2, 112])
        #expect(try await ask(HelloBytes(extensions: []).records()) == [21, 3, 3, 0, 2, 2, 112])
        #expect(try await ask(Array("\u{1}garbage".utf8)) == [21, 3, 3, 0, 2, 2, 50])
        await relay.stop()
    }

    @Test("silence is ended, and takes no place from a buyer")
    func silence() async throws {
        let relay = try await RunningRelay { $0.limits.handshakeTime = .milliseconds(300) }
        let port = relay.port
        let said = try await onThread {
            let buyer = try RawConnection(to: port)
            defer { buyer.close() }
            buyer.write([22, 3, 1])
            return buyer.readToEnd()
        }
        #expect(said.isEmpty)
        for _ in 0..<50 where await relay.relay.standing()?.handshakes != 0 {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(await relay.relay.standing()?.handshakes == 0)
        await relay.stop()
    }

    @Test("ten thousand connections that say nothing are refused while another buyer is served")
    func flood() async throws {
        let (relay, origin) = (try await RunningRelay { $0.limits.handshakesOfPeer = 64 }, try Origin.echo())
        let link = try RunningLink(to: [relay.address], serving: origin.port)
        await link.connected()
        let (port, hello) = (relay.port, HelloBytes(name: link.name, protocols: []).records())
        let served = try await onThread {
            var flood: [RawConnection] = []
            for _ in 0..<10_000 {
                if let one = try? RawConnection(to: port) { flood.append(one) }
                if flood.count > 2_000 { flood.removeFirst().close() }
            }
            defer { flood.forEach { $0.close() } }
            // All of 127.0.0.0/8 is this machine: the flood comes from one address and the buyer from another.
            let buyer = try RawConnection(to: port, from: 0x7f00_0009)
            defer { buyer.close() }
            buyer.write(hello)
            buyer.endOutput()
            return buyer.readToEnd()
        }
        #expect(served == hello)
        #expect(await relay.relay.standing()?.handshakes ?? 1_000 <= 64)
        await link.stop()
        await relay.stop()
    }

    @Test("a machine with a newer connection is reached there, and only its key can make one")
    func newest() async throws {
        let (relay, first, second) = (
            try await RunningRelay(),
            try Origin {
                $0.write([1]); $0.close()
            },
            try Origin {
                $0.write([2]); $0.close()
            }
        )
        let key = PrivateKey.generate()
        let older = try RunningLink(to: [relay.address], serving: first.port, key: key) {
            $0.limits.backoff = .seconds(60)...(.seconds(60))
        }
        await older.connected()
        let newer = try RunningLink(to: [relay.address], serving: second.port, key: key)
        await newer.connected()
        let (port, hello) = (relay.port, HelloBytes(name: older.name, protocols: []).records())
        let answer = try await onThread {
            let buyer = try RawConnection(to: port)
            defer { buyer.close() }
            buyer.write(hello)
            return buyer.readToEnd()
        }
        #expect(answer == [2])
        #expect(await relay.relay.standing()?.machines == 1)
        await older.stop()
        await newer.stop()
        await relay.stop()
    }

    @Test("when a relay dies, buyers get to the machine through the other, and it comes back to the first")
    func killed() async throws {
        let (one, other, origin) = (try await RunningRelay(), try await RunningRelay(), try Origin.echo())
        let link = try RunningLink(to: [one.address, other.address], serving: origin.port) {
            $0.limits.backoff = .milliseconds(50)...(.milliseconds(200))
        }
        await link.connected(2)
        await one.stop()
        let (port, hello) = (other.port, HelloBytes(name: link.name, protocols: []).records())
        let answer = try await onThread {
            let buyer = try RawConnection(to: port)
            defer { buyer.close() }
            buyer.write(hello)
            buyer.endOutput()
            return buyer.readToEnd()
        }
        #expect(answer == hello)
        let again = try await RunningRelay(port: one.port)
        await link.connected()
        #expect(await again.relay.standing()?.machines == 1)
        await link.stop()
        await again.stop()
        await other.stop()
    }

    @Test("a machine whose clock is wrong is told so")
    func clock() async throws {
        let relay = try await RunningRelay()
        let link = try RunningLink(to: [relay.address], serving: 1, secondsBehind: 3_600)
        guard case .failed(_, .refused(_, let reason)) = await link.events.first(where: { _ in true }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("clocks"))
        await link.stop()
        await relay.stop()
    }
}
