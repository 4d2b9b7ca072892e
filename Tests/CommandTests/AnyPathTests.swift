import GCXLinux
import GCXModel
import Support
import Testing

@testable import gcx

@Suite("Paths of any name")
struct AnyPathTests {
    /// What parts a path from a tag, a layer, an option, a query or a line.
    static let names = [
        "a:b", "a:b:c", "two words", "question?", "hash#", "percent%2F", "comma,", "ä€😀", "new\nline", "back\\slash",
        "a@b",
    ]

    /// A layout in the folder that is looked at no further than it says what it is.
    private func layout(_ path: String) throws {
        try Files.makeDirectories(path)
        try DurableFile.write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: "\(path)/oci-layout")
    }

    @Test("an image's path may hold a colon, and its tag begins after the last that parts them", arguments: names)
    func images(name: String) throws {
        let folder = "/tmp/gcx-paths-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? Files.removeTree(folder) }
        let path = "\(folder)/\(name)"
        try layout(path)
        expect("oci:\(path)", path, nil)
        expect("oci:\(path):tag", path, "tag")
        expect("oci:\(path):v:1", path, "v:1")
        expect("rootfs:\(path)", path, nil)
    }

    @Test("where there is no image, the last colon parts path and tag")
    func noImage() {
        expect("oci:/no/image:latest", "/no/image", "latest")
        expect("oci:/no/image", "/no/image", nil)
        #expect(ImageReference.place("docker") == nil && ImageReference.place("zip:/a") == nil)
    }

    private func expect(_ text: String, _ path: String, _ tag: String?) {
        let found = ImageReference.place(text)
        #expect(found?.path == path && found?.tag == tag, "\(text)")
    }

    @Test("layers and options of an overlay are parted by what no path can hold unescaped")
    func overlays() {
        #expect(OverlayOptions.text(lower: ["/a", "/b"]) == "lowerdir=/a:/b")
        #expect(
            OverlayOptions.text(lower: ["/a:b,c\\d"], upper: "/u:,", work: "/w")
                == #"lowerdir=/a\:b\,c\\d,upperdir=/u\:\,,workdir=/w"#)
    }
}
