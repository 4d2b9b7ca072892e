import GCXJSON
package import GCXLinux
package import GCXModel

/// How a request and its answer cross the socket: four bytes of length, the highest first, and so many bytes of JSON. Open files
/// come with the first byte.
package enum HelperFrame {
    package static let headBytes = 4

    /// What a head says of the bytes behind it; nil for none, or more than may come.
    package static func length(_ head: [UInt8], bytesMax: Int) -> Int? {
        guard head.count == headBytes else { return nil }
        // bounded here: four bytes make 32 bits, which fit
        let length = head.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return length > 0 && length <= UInt32(clamping: bytesMax) ? Int(length) : nil
    }

    /// The frame of a value.
    ///
    /// - Throws: ``HelperError/tooLarge(bytes:)``.
    package static func bytes(of value: some Encodable, bytesMax: Int) throws(HelperError) -> [UInt8] {
        let body: [UInt8]
        do { body = try CanonicalJSON.bytes(value) } catch { throw .noFrame(ForeignError.words(error)) }
        guard body.count <= bytesMax else { throw .tooLarge(bytes: body.count) }
        let length = UInt32(clamping: body.count)
        let head = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32($0))) }  // bounded: four bytes
        return head + body  // bounded: joins lists
    }

    /// The value in the bytes behind a head: every field known and once, and nothing nested deeper than a value of ours.
    package static func value<Value: Decodable>(
        _ type: Value.Type, in body: [UInt8], bytesMax: Int
    ) throws(HelperError) -> Value {
        do { return try StrictJSON.decode(type, from: body, bytesMax: bytesMax) } catch {
            throw .noFrame(error.description)
        }
    }
}

/// Why two ends of the helper's socket do not understand each other.
package enum HelperError: RemediedError, Equatable {
    case linux(LinuxError)
    /// What came is no frame of ours.
    case noFrame(String)
    case tooLarge(bytes: Int)
    /// The other end hung up.
    case ended

    package var description: String {
        switch self {
        case .linux(let error): error.description
        case .noFrame(let why): "what came through the helper's socket is no message: \(why)"
        case .tooLarge(let bytes):
            "a message of \(NumberText.count(bytes, "byte")) is too large for the helper's socket"
        case .ended: "the other end of the helper's socket hung up"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .linux(let error): error.remedy
        case .noFrame: .fix("Run `gcx` and `gcx-helper` of one version.")
        case .tooLarge: .refuse
        case .ended: .fix("Look into the log of gcx-helper (`journalctl -u gcx-helper`).")
        }
    }
}

/// Runs `body` and turns its kernel error into one of this module.
func framed<Value: ~Copyable>(_ body: () throws(LinuxError) -> Value) throws(HelperError) -> Value {
    do { return try body() } catch { throw .linux(error) }
}
