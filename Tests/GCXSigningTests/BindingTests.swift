import GCXModel
import GCXSigning
import Testing

/// What a client takes for the server that it asked for.
@Suite("Bindings of a server's key")
struct BindingTests {
    private static let day: UInt64 = 86_400
    private let key = PrivateKey.generate()
    private let publicKey = Digest.random()
    private let now: UInt64 = 1_800_000_000

    private func binding(_ change: (inout EndpointBinding) -> Void = { _ in }) -> Signed<EndpointBinding> {
        var document = EndpointBinding(
            subject: key.address, publicKey: publicKey, endpoints: ["https://192.0.2.1:443"],
            relays: ["https://[2001:db8::1]:443"], at: now, after: 0)
        change(&document)
        return Signed(document, by: key, in: .standalone)
    }

    private func error(
        _ binding: Signed<EndpointBinding>, from signer: Address? = nil, at time: UInt64? = nil,
        shows shown: Digest? = nil,
        newestSeen: UInt64 = 0
    ) -> BindingError? {
        do throws(BindingError) {
            try BindingExpectation(signer: signer ?? key.address, newestSeen: newestSeen)
                .check(binding, at: time ?? now, publicKey: shown ?? publicKey)
            return nil
        } catch {
            return error
        }
    }

    @Test("a fresh one is taken, and again")
    func good() {
        #expect(error(binding()) == nil)
        #expect(error(binding(), newestSeen: now) == nil)
    }

    @Test("one of somebody else, or that somebody else signed, is refused")
    func signer() {
        let other = PrivateKey.generate()
        #expect(
            error(binding(), from: other.address) == .ofSomebodyElse(expected: other.address, found: key.address))
        let forged = Signed(binding().document, by: other, in: .standalone)
        #expect(
            error(forged)
                == .signatureWrong(
                    .signerUnexpected(document: "EndpointBinding", expected: key.address, found: other.address)))
    }

    @Test("a changed one, and one for a ledger, are refused")
    func changed() {
        let longer = Signed(
            document: binding { $0.endpoints = ["https://192.0.2.2:443"] }.document, signature: binding().signature)
        let ofLedger = Signed(binding().document, by: key, in: .embedded(genesis: .zero))
        for one in [longer, ofLedger] {
            guard case .signatureWrong = error(one) else {
                Issue.record("\(one) was taken")
                continue
            }
        }
    }

    @Test("one for another TLS key is refused")
    func otherKey() {
        let shown = Digest.random()
        #expect(error(binding(), shows: shown) == .otherKey(bound: publicKey, shown: shown))
    }

    @Test("it holds from its first second to its last, and the error names how far the clocks are apart")
    func period() throws {
        let (begin, end) = (now - Limits.bindingBackdatedSeconds, now - Limits.bindingBackdatedSeconds + Self.day)
        for time in [begin, end] { #expect(error(binding(), at: time) == nil) }
        #expect(error(binding(), at: begin - 1) == .notYet(seconds: 1))
        #expect(error(binding(), at: end + 1) == .expired(seconds: 1))
        let slow = try #require(error(binding(), at: now - 3 * 3_600))
        #expect(slow.description.contains("begins 2 h after this machine's time"))
        #expect(
            slow.remedy
                == .fix(
                    "Compare this machine's clock with a second one and set it; if it is right, tell the server's owner."
                ))
        #expect(error(binding(), at: end + 7_200)?.description.contains("ended 2 h before this machine's time") == true)
    }

    @Test("one that lasts longer than a day, or ends before it begins, is refused, whatever the time")
    func length() {
        for change: (inout EndpointBinding) -> Void in [
            { $0.notAfter += 1 }, { $0.notAfter = .max }, { $0.notBefore = 0 }, { $0.notAfter = $0.notBefore - 1 },
        ] {
            let one = binding(change)
            #expect(error(one)?.description.contains("24 h is the most") == true)
            #expect(
                error(one) == .periodWrong(notBefore: one.document.notBefore, notAfter: one.document.notAfter))
        }
    }

    @Test("an older one than was seen is refused")
    func replayed() {
        #expect(error(binding(), newestSeen: now + 1) == .replayed(sequence: now, newestSeen: now + 1))
    }

    @Test("one that names too many places, or too long ones, is refused")
    func size() {
        let many = [Untrusted](repeating: "https://192.0.2.1:443", count: Limits.endpointsMax + 1)
        let long = Untrusted(String(repeating: "a", count: Limits.endpointBytesMax + 1))
        for change: (inout EndpointBinding) -> Void in [
            { $0.endpoints = many }, { $0.relays = many }, { $0.endpoints = [long] }, { $0.relays = [long] },
        ] {
            guard case .tooLarge = error(binding(change)) else {
                Issue.record("it was taken")
                continue
            }
        }
    }

    @Test("the next one has a larger number, within the same second and after the clock was set back")
    func sequence() {
        func next(at time: UInt64, after last: UInt64) -> EndpointBinding {
            EndpointBinding(
                subject: key.address, publicKey: publicKey, endpoints: [], relays: [], at: time, after: last)
        }
        #expect(next(at: now, after: 0).sequence == now)
        #expect(next(at: now, after: now).sequence == now + 1)
        #expect(next(at: now - 5_000, after: now).sequence == now + 1)
        #expect(next(at: now, after: .max).sequence == .max)
        #expect(next(at: 7, after: 0).notBefore == 0)
    }
}
