import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Senders
import Testing

extension WholeLeases {
    @Suite("Who pays for reading an image")
    struct ReadingBillTests {
        static let lacks = ["tar", "gzip"].first { ChildProcess.find($0) == nil }

        @Test(
            "the buyer's bill has the CPU time of unpacking, a receipt says so, and the buyer's client accepts it",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func bill() throws {
            let site = try Site()
            try site.open()
            let image = site.path("image.tar")
            var layers = OCIImage([Ground.rootfs])
            layers.layers.append((try Self.zeros(of: site), OCIImage.gzipLayer))
            try DurableFile.write(layers.archive, to: image)
            var figures: [UInt64] = []
            var words: [[String]] = []
            for _ in 0..<2 {
                let lease = try site.lease()
                let outcome = try site.outcome(
                    ["job", "run", "--lease", lease, "--image", "oci-archive:\(image)", "--journal", site.path(lease)]
                        + site.signing("buyer") + ["--", "/bin/sh", "-c", "true"])
                #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
                try site.wait("the lease's end", seconds: 30) { try site.inspect(lease).phase == .closed }
                let status = try site.inspect(lease)
                #expect(status.vouched == status.amount && status.claimed == status.amount)
                figures.append(status.usage.coreNanoseconds)
                let noted = try #require(try site.report(lease).facts?.readingNanoseconds)
                #expect(noted > 0 && noted <= status.usage.coreNanoseconds)
                words.append(try site.receipts(lease).flatMap(\.events).map(\.shown))
            }
            let said = "reading the image and the input took "
            // 256 MiB of zeros take some tenths of a second; the second lease finds the image unpacked.
            #expect(figures[0] > figures[1] + 150_000_000, "\(figures)")
            #expect(words[0].contains { $0.hasPrefix(said) && $0.hasSuffix(" ms of CPU time") }, "\(words[0])")
        }

        /// A layer of a quarter of a megabyte that unpacks to 256 MiB.
        private static func zeros(of site: Site) throws -> [UInt8] {
            try ChildProcess("truncate", ["-s", "256M", site.path("zeros")]).run()
            let script = "tar -cf - -C '\(site.directory)' zeros | gzip -6 > '\(site.path("zeros.tar.gz"))'"
            try ChildProcess("sh", ["-c", script], timeout: .seconds(120)).run()
            try Files.remove(site.path("zeros"))
            return try Files.bytes(site.path("zeros.tar.gz"), limit: 16 << 20)
        }
    }
}
