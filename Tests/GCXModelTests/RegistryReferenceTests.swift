import Testing

@testable import GCXModel

@Suite("Names of images in registries")
struct RegistryReferenceTests {
    static let digest = String(repeating: "0a", count: 32)

    @Test(
        "a name is read and written in one form",
        arguments: [
            ("docker://ghcr.io/team/app:v1", "docker://ghcr.io/team/app:v1"),
            ("docker://GHCR.io:443/team/app", "docker://ghcr.io/team/app"),
            ("docker://localhost/app", "docker://localhost/app"),
            ("docker://registry:5000/a.b/c__d-e:V_1.0", "docker://registry:5000/a.b/c__d-e:V_1.0"),
            ("docker://docker.io/busybox", "docker://docker.io/library/busybox"),
            ("docker://registry-1.docker.io/busybox", "docker://docker.io/library/busybox"),
            ("docker://ghcr.io/app:v1@sha256:\(digest)", "docker://ghcr.io/app@sha256:\(digest)"),
        ])
    func form(text: String, form: String) throws {
        let name = try RegistryReference(text)
        #expect(name.description == form)
        #expect(try RegistryReference(form) == name)
    }

    @Test(
        "what is no name of an image in a registry is refused with a reason",
        arguments: [
            "", "ghcr.io/app", "docker://", "docker://app", "docker://app/b", "docker://ghcr.io", "docker://ghcr.io/",
            "docker://ghcr.io//app", "docker://ghcr.io/../app", "docker://ghcr.io/app/", "docker://ghcr.io/App",
            "docker://ghcr.io/app:", "docker://ghcr.io/app:-v", "docker://ghcr.io/app:a:b", "docker://ghcr.io:0/app",
            "docker://ghcr.io:70000/app", "docker://ghcr.io:+5000/app", "docker://ghcr.io:5000:1/app",
            "docker://u:p@ghcr.io/app",
            "docker://ghcr.io./app", "docker://-x.io/app", "docker://[::1]:5000/app", "docker://ghcr.io/app@sha256:12",
            "docker://ghcr.io/app@md5:\(digest)", "docker://ghcr.io/app@sha256:\(digest.uppercased())",
            "docker://ghcr.io/app --tls-verify=false", "docker://ghcr.io/app\u{0}", "docker://ghcr.io/é",
            "docker://ghcr.io/\(String(repeating: "a", count: 700))",
        ])
    func refused(text: String) {
        let error = #expect(throws: RegistryReferenceError.self) { try RegistryReference(text) }
        #expect(error?.reason.isEmpty == false)
    }

    @Test("only names that cannot lead elsewhere are loopback")
    func loopback() throws {
        for host in ["localhost", "127.0.0.1:5000", "127.9.8.7"] {
            #expect(try RegistryReference("docker://\(host)/app").isLoopback, "\(host)")
        }
        for host in [
            "127.0.0.1.example", "127.1", "localhost.example", "10.0.0.1", "127.0.0.256", "127.0.0.x", "0127.0.0.1",
            "127.0.0.01", "0x7f.0.0.1", "2130706433.0",
        ] {
            #expect(try !RegistryReference("docker://\(host)/app").isLoopback, "\(host)")
        }
    }
}

@Suite("Rules for images")
struct ImageRuleTests {
    private static let (one, two) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))

    private func image(_ place: String) throws -> RegistryReference {
        try RegistryReference("docker://\(place)@sha256:\(Self.one)")
    }

    @Test(
        "a rule is about what it names and what is below it",
        arguments: [
            ("*", true), ("ghcr.io", true), ("GHCR.io", true), ("ghcr.io/team", true), ("ghcr.io/team/app", true),
            ("ghcr.io:443", true), ("sha256:\(one)", true), ("*@sha256:\(one)", true),
            ("ghcr.io/team@sha256:\(one)", true), ("ghcr.io/tea", false), ("ghcr.io/team/app/x", false),
            ("hcr.io", false), ("io", false), ("sha256:\(two)", false), ("ghcr.io/team@sha256:\(two)", false),
            ("ghcr.io:5000", false),
        ])
    func covers(rule: String, isAbout: Bool) throws {
        guard let rule = ImageRule(rule) else { return #expect(!isAbout) }
        let image = try image("ghcr.io/team/app")
        #expect(rule.allows(image) == isAbout)
        #expect(rule.denies(image) == isAbout)
    }

    @Test("a host without a port is denied on every port, and allowed on the usual one")
    func ports() throws {
        let rule = try #require(ImageRule("ghcr.io"))
        let image = try image("ghcr.io:5000/app")
        #expect(rule.denies(image) && !rule.allows(image))
    }

    @Test("only a digest that stands alone is about images of any origin")
    func digests() {
        #expect(ImageRule("sha256:\(Self.one)")?.denies(digest: Self.one) == true)
        #expect(ImageRule("sha256:\(Self.one)")?.denies(digest: Self.two) == false)
        #expect(ImageRule("ghcr.io@sha256:\(Self.one)")?.denies(digest: Self.one) == false)
        #expect(ImageRule("*")?.denies(digest: Self.one) == false)
    }

    @Test(
        "what names no images is no rule",
        arguments: [
            "", "**", "*.example", "a b", "https://ghcr.io", "ghcr.io/", "ghcr.io/A", "sha256:12", "x@sha256:12",
        ])
    func refused(text: String) { #expect(ImageRule(text) == nil) }
}
