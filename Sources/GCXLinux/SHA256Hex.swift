import Crypto
import Glibc

/// SHA-256 as the OCI documents and the receipts write it.
package enum SHA256Hex {
    /// 64 lower-case hexadecimal digits.
    package static func text(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        // bounded: indexes of four bits, and sixteen digits
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    package static func of(_ bytes: [UInt8]) -> String { text(SHA256.hash(data: bytes)) }

    /// The digest and the size of a file, read once in pieces of 1 MiB.
    package static func ofFile(_ path: String) throws(LinuxError) -> (hex: String, bytes: UInt64) {
        let file = try FileDescriptor.open(path, O_RDONLY)
        return try of(file.number, path)
    }

    /// The same for an open file, from where it stands to its end.
    package static func of(_ file: Int32, _ path: String) throws(LinuxError) -> (hex: String, bytes: UInt64) {
        var hasher = SHA256()
        var total: UInt64 = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .systemCall(operation: "read", object: path, errno: errno) }
            if count == 0 { return (text(hasher.finalize()), total) }
            // bounded here: no more is read than there is room; bytes that were read one by one
            unsafe chunk.withUnsafeBytes {
                unsafe hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            total += UInt64(count)
        }
    }
}

/// A digest of what comes in pieces.
package struct RunningSHA256: Sendable {
    private var hasher = SHA256()

    package init() {}

    package mutating func add(_ bytes: some Collection<UInt8>) {
        let isAdded: Void? = bytes.withContiguousStorageIfAvailable {
            unsafe hasher.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if isAdded == nil { hasher.update(data: Array(bytes)) }
    }

    /// Of all that came: 64 lower-case hexadecimal digits.
    package var hex: String { SHA256Hex.text(hasher.finalize()) }
}
