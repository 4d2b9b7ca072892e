import Foundation
import GCXLinux
import GCXModel
import Support

@testable import GCXSandbox
@testable import GCXSigning

extension FuzzEntry {
    /// The documents of an image, as an archive or a registry hands them in.
    static let images = FuzzEntry(name: "images") { bytes in
        let rest = Array(bytes.dropFirst())
        let judge = ImageJudge(label: "an image", machine: ImageMachine(generation: 2))
        let noLayers = ImageManifest(schemaVersion: 2, config: ImageIndex.Descriptor(digest: "", size: 0), layers: [])
        switch (bytes.first ?? 0) % 5 {
        case 0: _ = try? StrictJSON.decode(ImageIndex.self, from: rest, unknownFields: .tolerated)
        case 1:
            let manifest = try? StrictJSON.decode(ImageManifest.self, from: rest, unknownFields: .tolerated)
            if let manifest { try? judge.check(manifest) }
        case 2:
            let config = try? StrictJSON.decode(ImageConfig.self, from: rest, unknownFields: .tolerated)
            if let config { try? judge.check(config, of: noLayers) }
        case 3: _ = try? StrictJSON.decode(ImageDocumentKind.self, from: rest, unknownFields: .tolerated)
        default:
            // Who reads a stranger's archive may be that stranger's afterwards.
            guard let said = try? JSONFile.decode(UnpackReport.self, rest, object: "report"),
                let report = said.bounded(by: order)
            else { return }
            precondition(report.leftOut.count <= report.leftOutCount, "more was left out than was counted")
            for text in [report.entry, report.reason].compactMap(\.self) {
                precondition(PlainText.refusal(of: text) == nil, "a reader's word steers a terminal")
            }
            if let found = report.found { _ = try? ImageUser("a:b").identity(found) }
        }
    } seeds: {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let descriptor = #"{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#(digest)","size":7}"#
        let index =
            #"{"schemaVersion":2,"manifests":[{"digest":"\#(digest)","size":9,"platform":{"architecture":"amd64","os":"linux"}}]}"#
        let manifest = #"{"schemaVersion":2,"config":\#(descriptor),"layers":[\#(descriptor)]}"#
        let config =
            #"{"architecture":"amd64","os":"linux","config":{"User":"1:2","Env":["A=b"],"Cmd":["sh"],"WorkingDir":"/"}}"#
        var report = UnpackReport()
        (report.reason, report.found) = ("a", UnpackReport.Users(user: 1, ownGroup: 2, group: 3))
        return [
            [0] + Array(index.utf8), [1] + Array(manifest.utf8), [2] + Array(config.utf8), [3] + Array(manifest.utf8),
            [4] + ((try? JSONFile.encode(report, object: "report")) ?? []),
        ]
    }

    /// What a reader was asked for.
    private static let order = UnpackOrder(
        verb: .layers, identity: .alone, parent: 1, hasNamespace: false, hasDirectory: true, archives: 1, groups: 0,
        rules: .input, limits: .image)

    /// A keystore file; unlocked only where that takes no time, for a true one takes a second.
    static let keystore = FuzzEntry(name: "keystore") { bytes in
        guard let keystore = try? KeystoreFile.decode(bytes) else { return }
        switch try? KeystoreKDF(keystore.crypto) {
        case .scrypt(let cost, _) where cost.n <= 64 && cost.r <= 8 && cost.p <= 2: break
        case .pbkdf2(let rounds, _) where rounds <= 64: break
        default: return
        }
        _ = try? Keystore.decrypt(keystore, password: "a")
    } seeds: {
        guard let scene = try? Scene.made.get(),
            let keystore = try? Keystore.encrypt(
                scene.world.owner, password: "a", cost: KeystoreCost(n: 2, r: 1, p: 1)),
            let bytes = try? JSONEncoder().encode(keystore)
        else { return [] }
        return [Array(bytes)]
    }
}
