import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    @Suite(
        "What an owner lets jobs pull",
        .enabled(
            if: Machine.unpacksImages && Machine.lacks("skopeo", "docker-registry", "htpasswd") == nil,
            "needs umoci, skopeo, docker-registry and htpasswd"))
    struct RegistryPolicies {
        private func rules(_ texts: String...) throws -> [ImageRule] {
            try texts.map { try #require(ImageRule($0)) }
        }

        @Test("without a rule that allows it nothing is pulled, and a rule that denies goes first")
        func lists() throws {
            let sandbox = try Registries.sandbox()
            let registry = try Registry(in: sandbox)
            let digest = try registry.push("oci:\(try sandbox.makeLayout()):test", as: "team/app:v1")
            let image = try registry.image("team/app", digest)
            let began = try registry.reads()
            for (allow, deny, rule) in [
                ([], [], nil), (["ghcr.io"], [], nil), (["127.0.0.1"], [], nil), (["\(registry.name)/tea"], [], nil),
                (["*"], ["127.0.0.1"], "127.0.0.1"), (["*"], ["\(registry.name)/team"], "\(registry.name)/team"),
                (["*"], ["sha256:\(digest)"], "sha256:\(digest)"), (["*"], ["*"], "*"),
            ] as [([String], [String], String?)] {
                let policy = ImagePolicy(
                    allow: allow.compactMap(ImageRule.init), deny: deny.compactMap(ImageRule.init))
                let strict = try Registries.sandbox { $0.policy = policy }
                #expect(throws: ImageError.notPermitted(image: image.description, rule: rule)) {
                    try strict.driver.images.resolve(.registry(image))
                }
            }
            #expect(try registry.reads() == began, "the registry was asked for what may not be pulled")
            for rule in ["*", registry.name, "\(registry.name)/team", "sha256:\(digest)"] {
                let allowed = try Registries.sandbox { $0.policy.allow = [ImageRule(rule)].compactMap(\.self) }
                #expect(try allowed.driver.images.resolve(.registry(image)).digest == digest, "\(rule)")
            }
        }

        @Test("a digest that is denied stops an upload, what is in the store, and what an index leads to")
        func deniedDigest() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let source = ImageSource.ociLayout(path: layout, tag: "test")
            let digest = try #require(try sandbox.driver.images.resolve(source).digest)
            let refusal = ImageError.notPermitted(image: "sha256:\(digest)", rule: "sha256:\(digest)")
            var settings = ImageSettings()
            settings.policy.deny = try rules("sha256:\(digest)")
            let strict = try ImageStore(root: sandbox.driver.images.root, settings: settings) { [] }
            #expect(throws: refusal) { try strict.resolve(source) }
            #expect(throws: refusal) { try strict.find(digest)?.entry }
        }

        @Test("a private registry gives out to the owner's credentials, and no secret is shown")
        func credentials() throws {
            let sandbox = try Sandbox()
            let (user, secret) = ("buyer", "correct-horse-battery")
            let users = try ChildProcess("htpasswd", ["-nbB", user, secret]).run()
            let registry = try Registry(in: sandbox, users: users)
            func authFile(_ name: String, _ password: String, mode: mode_t = 0o600) throws -> String {
                let path = "\(sandbox.root)/\(name).json"
                let word = base64(Array("\(user):\(password)".utf8))
                try DurableFile.write(
                    #"{"auths":{"\#(registry.name)":{"auth":"\#(word)"}}}"#.utf8, to: path, mode: mode)
                return path
            }
            let right = try authFile("right", secret)
            let digest = try registry.push(
                "oci:\(try sandbox.makeLayout()):test", as: "app:v1", "--dest-authfile", right)
            let image = try registry.image("app", digest)
            for file in [nil, try authFile("wrong", "incorrect-horse")] {
                let other = try Registries.sandbox { $0.policy.authFile = file }
                let error = #expect(throws: ImageError.self) { try other.driver.images.resolve(.registry(image)) }
                guard case .notPulled(_, .unauthorized, let reason)? = error else {
                    Issue.record("refused for another reason: \(String(describing: error))")
                    continue
                }
                #expect(!reason.contains("horse") && !reason.contains(base64(Array("\(user):".utf8).dropLast())))
                #expect(try other.driver.images.leftovers().isEmpty)
            }
            let open = try authFile("open", secret, mode: 0o644)
            let careless = try Registries.sandbox { $0.policy.authFile = open }
            let error = #expect(throws: ImageError.self) { try careless.driver.images.resolve(.registry(image)) }
            guard case .unsafeFile(open, _)? = error, case .fix(let remedy)? = error?.remedy else {
                Issue.record("a file that others may read was used: \(String(describing: error))")
                return
            }
            #expect(remedy.contains("chmod 600 \(open)"))
            let good = try Registries.sandbox { $0.policy.authFile = right }
            #expect(try good.driver.images.resolve(.registry(image)).digest == digest)
            let tool = Skopeo(
                image: image, policy: good.driver.images.settings.policy, scratch: "/s", openPolicyFile: "/p")
            let words = tool.tool(tool.access("src-"), .seconds(1)).arguments
            #expect(words.contains(right) && !words.contains { $0.contains("horse") })
        }

        @Test("the owner's policy file may refuse what the lists let through")
        func policyFile() throws {
            let sandbox = try Sandbox()
            let registry = try Registry(in: sandbox)
            let digest = try registry.push("oci:\(try sandbox.makeLayout()):test", as: "team/app:v1")
            let image = try registry.image("team/app", digest)
            let file = "\(sandbox.root)/policy.json"
            let accepting = #"{"docker":{"\#(registry.name)/team":[{"type":"insecureAcceptAnything"}]}}"#
            let signed =
                #"{"docker":{"\#(registry.name)":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/dev/null"}]}}"#
            for (transports, isAccepted) in [("{}", false), (signed, false), (accepting, true)] {
                try DurableFile.write(
                    #"{"default":[{"type":"reject"}],"transports":\#(transports)}"#.utf8, to: file)
                let strict = try Registries.sandbox { $0.policy.policyFile = file }
                if isAccepted {
                    #expect(try strict.driver.images.resolve(.registry(image)).digest == digest)
                } else {
                    Registries.expectRefusal(image, by: strict, .rejected)
                    #expect(try strict.driver.images.leftovers().isEmpty)
                }
            }
            chmod(file, 0o666)
            let careless = try Registries.sandbox { $0.policy.policyFile = file }
            let error = #expect(throws: ImageError.self) { try careless.driver.images.resolve(.registry(image)) }
            guard case .unsafeFile(file, _)? = error else {
                Issue.record("a file that others may change was used: \(String(describing: error))")
                return
            }
        }

        @Test("a registry without TLS is spoken to on loopback, or where the owner says so")
        func plainText() throws {
            let sandbox = try Sandbox()
            let registry = try Registry(in: sandbox)
            let digest = try registry.push("oci:\(try sandbox.makeLayout()):test", as: "app:v1")
            // Linux takes this address for its own, but by its name it is anybody's.
            let place = "0.0.0.0:\(registry.port)"
            let image = try RegistryReference("docker://\(place)/app@sha256:\(digest)")
            Registries.expectRefusal(image, by: try Registries.sandbox(), .insecure)
            let lenient = try Registries.sandbox { $0.policy.insecureRegistries = [place] }
            #expect(try lenient.driver.images.resolve(.registry(image)).digest == digest)
        }

        private func base64(_ bytes: some Collection<UInt8>) -> String {
            let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            var text = ""
            var rest = Array(bytes)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(3)
                rest = rest.dropFirst(3)
                let word = (piece + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
                for index in 0..<4 {
                    text += index <= piece.count ? String(digits[word >> (18 - 6 * index) & 63]) : "="
                }
            }
            return text
        }
    }
}

@Suite("What skopeo says")
struct PullFailureTests {
    @Test(
        "its words are told apart",
        arguments: [
            ("manifest unknown: manifest unknown", PullFailure.missing),
            ("invalid status code from registry 404 (Not Found)", .missing),
            ("pinging container registry x404.io: dial tcp: connect: connection refused", .network),
            ("reading manifest sha256:404403 in x: unexpected EOF", .network),
            ("unauthorized: authentication required", .unauthorized),
            ("denied: requested access to the resource is denied", .unauthorized),
            ("Source image rejected: Running image x is rejected by policy.", .rejected),
            ("dial tcp 10.0.0.1:443: connect: operation not permitted", .blocked),
            ("toomanyrequests: you have reached your limit", .network),
            ("tls: failed to verify certificate: x509: signed by unknown authority", .insecure),
        ])
    func kinds(words: String, kind: PullFailure) { #expect(PullFailure(saying: words) == kind) }

    @Test("what stands behind the `?` of an address is not shown")
    func signatures() {
        let words = #"time="t" level=fatal msg="a: Get \"https://b.example/c?X-Signature=s3cret&d=e\": EOF""#
        #expect(PullFailure.reason(words) == "a: Get `https://b.example/c?…`: EOF")
    }
}
