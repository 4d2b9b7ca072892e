extension Benchmark {
    /// Result: B/s of all cores together.
    package static let sha256 = crypto("sha256", "SHA-256", "hashed", threads: .all)
    /// Result: B/s of all cores together, with every hardware thread of each. Absent where a core has one.
    package static let sha256Threads = crypto("sha256", "SHA-256", "hashed", threads: .hardware)
    /// Result: B/s of one core, the others idle.
    package static let sha256One = crypto("sha256", "SHA-256", "hashed", threads: .one)
    /// Result: B/s of all cores together.
    package static let aesGCM = crypto("aes-gcm", "AES-256-GCM", "encrypted and authenticated", threads: .all)
    /// Result: B/s of one core, the others idle.
    package static let aesGCMOne = crypto("aes-gcm", "AES-256-GCM", "encrypted and authenticated", threads: .one)

    private static func crypto(
        _ name: String, _ title: String, _ verb: String, threads: BenchmarkThreads
    ) -> Benchmark {
        Benchmark(
            name: "cpu.\(name).\(threads.suffix)",
            unit: .bytesPerSecond,
            title: "\(title), \(threads.title)",
            definition: """
                One buffer of 256 KiB \(verb) again and again under one key by BoringSSL, as Apple's swift-crypto has it, which picks \
                the processor's instructions for it; \(threads.definition). So large, because the library makes a key \
                schedule and a place for the result every time. A sample lasts about 4 ms.
                """,
            statistic: .secondBest,
            validity: .processor,
            splitting: threads.splitting,
            timeWeight: 0.5)
    }
}
