import FoundationEssentials
import GCXJSON
package import GCXLinux
import GCXModel

/// State of a job as JSON: sorted keys, so that equal values are equal files.
package enum JSONFile {
    package static func encode(_ value: some Encodable, object: String) throws(LinuxError) -> [UInt8] {
        do {
            return try CanonicalJSON.readable(value) + [UInt8(ascii: "\n")]
        } catch {
            throw .malformed(object: object, reason: ForeignError.words(error))
        }
    }

    /// Writes the value so that it survives a power cut; see `DurableFile`. The group of its directory may read it, where it may
    /// go there.
    static func write(_ value: some Encodable, to path: String) throws(LinuxError) {
        try DurableFile.write(try encode(value, object: path), to: path, mode: 0o640)
    }

    /// Writes the value in one step, without waiting for the disk: for facts that end with this boot.
    static func writeVolatile(_ value: some Encodable, to path: String) throws(LinuxError) {
        try DurableFile.replace(path, with: try encode(value, object: path))
    }

    /// A field that is not known here is passed over: the standards of images and devices ask for that, and our own files
    /// may be of another version.
    package static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], object: String) throws(LinuxError) -> T {
        do {
            return try StrictJSON.decode(type, from: bytes, unknownFields: .tolerated)
        } catch {
            throw .malformed(object: object, reason: error.description)
        }
    }

    /// The value in the file, or nil when there is no such file.
    static func read<T: Decodable>(_ type: T.Type, from path: String) throws(LinuxError) -> T? {
        guard Files.exists(path) else { return nil }
        return try decode(type, try Files.bytes(path), object: path)
    }
}
